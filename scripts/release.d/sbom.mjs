import { writeFile } from 'node:fs/promises'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'

/** A bill of materials (CycloneDX 1.6) of what the bundle contains; without a time or a serial number, so that it is reproducible. */
export async function writeSbom(packages, version, file) {
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: new Models.Component(Enums.ComponentType.Application, 'z3-toolkit', {
        version,
        bomRef: 'z3-toolkit',
        licenses: new Models.LicenseRepository([new Models.SpdxLicense('Apache-2.0')]),
      }),
    }),
  })
  for (const { name, version: found, license } of packages) {
    const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${found}`
    const component = new Models.Component(Enums.ComponentType.Library, name, {
      version: found,
      purl,
      bomRef: purl,
      licenses: new Models.LicenseRepository([
        /[ ()]/.test(license)
          ? new Models.LicenseExpression(license)
          : new Models.SpdxLicense(license),
      ]),
    })
    bom.components.add(component)
    bom.metadata.component.dependencies.add(component.bomRef)
  }
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  )
  await writeFile(file, serializer.serialize(bom, { sortLists: true, space: 2 }))
}
