/* host side: VMX=host:port vmx argv... ; or linked as "zfs"/"zpool": then argv[0]'s base name is the command */
#include "vmx.h"
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
static int s;
static void *pump(void *u) { /* a thread of its own: a blocked stdin must never stop stdout */
  static char in[HDR + BUF];
  for (;;) {
    ssize_t r = read(0, in + HDR, BUF);
    if (r < 0 && errno == EINTR) continue;
    if (r < 0) r = 0;
    hdr(in, '0', r);
    if (wall(s, in, HDR + r) || !r) return u;
  }
}
static void onsig(int g) { char c = g; frame(s, 'K', &c, 1); }
int main(int c, char **v) {
  char *b = strrchr(v[0], '/'); b = b ? b + 1 : v[0];
  if (!strcmp(b, "run")) v++, c--; else v[0] = b;
  if (c < 1) { fprintf(stderr, "usage: vmx COMMAND [ARG...]\n"); return 255; }
  char self[4096], h[64] = "", ns[4096] = ""; int port = 0;
  ssize_t sl = readlink("/proc/self/exe", self, sizeof self - 32); if (sl < 0) return 255;
  self[sl] = 0; strcpy(strrchr(self, '/') + 1, "host.conf");
  FILE *cf = fopen(self, "re"); if (!cf || fscanf(cf, "%63s %d %4095s", h, &port, ns) != 3) { fprintf(stderr, "vmx: cannot read %s\n", self); return 255; }
  struct stat s1, s2;
  if (!stat(ns, &s1) && !stat("/proc/self/ns/net", &s2) && s1.st_ino != s2.st_ino) { int nf = open(ns, O_RDONLY | O_CLOEXEC); if (nf < 0 || setns(nf, CLONE_NEWNET)) { fprintf(stderr, "vmx: cannot enter %s: %s\n", ns, strerror(errno)); return 255; } close(nf); }
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) }; inet_pton(AF_INET, h, &a.sin_addr);
  s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  tune(s);
  if (connect(s, (void *)&a, sizeof a)) { fprintf(stderr, "vmx: %s:%d: %s\n", h, port, strerror(errno)); return 255; }
  size_t n = 0; for (int i = 0; i < c; i++) n += strlen(v[i]) + 1;
  char *p = malloc(n), *q = p; for (int i = 0; i < c; i++) q = stpcpy(q, v[i]) + 1;
  if (frame(s, 'A', p, n)) return 255;
  signal(SIGPIPE, SIG_IGN); signal(SIGINT, onsig); signal(SIGTERM, onsig); signal(SIGHUP, onsig);
  static char out[BUF]; char hd[HDR]; int dead = 0; pthread_t th;
  pthread_create(&th, 0, pump, 0);
  for (;;) {
    if (rall(s, hd, HDR)) { fprintf(stderr, "vmx: connection lost\n"); return 255; }
    uint32_t left = hlen(hd);
    if (hd[0] == 'X') {
      char x[2]; if (rall(s, x, 2)) return 255;
      if (x[0]) { signal(x[1], SIG_DFL); kill(getpid(), x[1]); }
      _exit((unsigned char)x[1]);
    }
    while (left) {
      ssize_t r = read(s, out, left < BUF ? left : BUF);
      if (r < 0 && errno == EINTR) continue;
      if (r <= 0) { fprintf(stderr, "vmx: connection lost\n"); return 255; }
      if (!dead && wall(hd[0] - '0', out, r)) {
        if (hd[0] == '1') { signal(SIGPIPE, SIG_DFL); kill(getpid(), SIGPIPE); }
        dead = 1;
      }
      left -= r;
    }
  }
}
