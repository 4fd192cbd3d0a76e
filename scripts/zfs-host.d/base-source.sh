# shellcheck shell=bash
# the base from Debian's packages alone

base_from_source() { die 'building from source is not written yet'; }
