/* The machine's side, installed as zfs, zpool and run beside a file host.conf ("ADDRESS PORT NETNS-FILE"):
 * runs `zfs ARG...`, `zpool ARG...` or, as run, its arguments in that host, and behaves as the command itself would:
 * stdin, stdout, stderr, exit status, signals. See vmx.h for the protocol. */
#include "vmx.h"
#include <libgen.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int control, data, stdout_error;
static volatile sig_atomic_t forwarded[NSIG];
static uint64_t out_total;
static struct ending ending;

static void fail(int status, const char *format, ...) {
  va_list a;
  va_start(a, format);
  fputs("vmx: ", stderr);
  vfprintf(stderr, format, a);
  fputc('\n', stderr);
  _exit(status);
}

static void die_of(int sig) {
  struct rlimit none = { 0, 0 };
  sigset_t set;
  setrlimit(RLIMIT_CORE, &none); /* the guest's core, not ours */
  signal(sig, SIG_DFL);
  sigemptyset(&set);
  sigaddset(&set, sig);
  kill(getpid(), sig);
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
  _exit(128 + sig);
}

/* Reading ahead takes from a caller what the command would have left: `while read d; do zfs list $d; done <file`
 * must go on. So stdin is passed on only to what reads it. */
static int any(char **v, int (*test)(const char *)) {
  while (*v) if (test(*v++)) return 1;
  return 0;
}
static int sets_key(const char *a) { return strstr(a, "keyformat=") != 0; }
static int loads_keys(const char *a) { return a[0] == '-' && strchr(a, 'l'); }
static int is_dash(const char *a) { return !strcmp(a, "-"); }
static int reads_stdin(const char *name, char **v) {
  const char *sub = v[1] ? v[1] : "";
  char **rest = v[1] ? v + 2 : v + 1;
  if (!strcmp(name, "run")) return 1;
  if (!strcmp(name, "zfs") && (!strcmp(sub, "receive") || !strcmp(sub, "recv") || !strcmp(sub, "load-key") || !strcmp(sub, "change-key"))) return 1;
  if (!strcmp(sub, "create")) return any(rest, sets_key);
  if (!strcmp(sub, "mount") || !strcmp(sub, "import")) return any(rest, loads_keys);
  if (!strcmp(sub, "program")) return any(rest, is_dash);
  return 0;
}

static void end_stdin(uint64_t total) {
  shutdown(data, SHUT_WR);
  send_frame(control, 'E', &total, sizeof total);
}

static void *carry_stdin(void *u) {
  static char b[BUF];
  uint64_t total = 0;
  for (;;) {
    ssize_t r = read(0, b, sizeof b);
    if (r < 0 && errno == EINTR) continue;
    if (r < 0 && errno == EAGAIN) {
      struct pollfd q = { 0, POLLIN, 0 };
      poll(&q, 1, -1);
      continue;
    }
    if (r < 0 && errno != EBADF) fail(1, "stdin: %s", strerror(errno)); /* not an end of file: that would cut the stream unseen */
    if (r <= 0) { end_stdin(total); return u; }
    if (write_all(data, b, r)) { close(0); return u; } /* nobody reads it: let the writer know */
    total += r;
  }
}

static void carry_stdout(void) {
  static char b[BUF];
  for (;;) {
    ssize_t r = read(data, b, sizeof b);
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) return;
    if (write_all(1, b, r)) {
      stdout_error = errno;
      send_frame(control, 'C', 0, 0);
      return;
    }
    out_total += r;
  }
}

static void *read_control(void *u) {
  static char b[BUF];
  struct head h;
  for (;;) {
    if (read_all(control, &h, sizeof h) || h.length > sizeof b || read_all(control, b, h.length))
      fail(255, "connection to the host lost: %s", errno ? strerror(errno) : "it was closed");
    if (h.type == '2') { if (write_all(2, b, h.length)) continue; }
    if (h.type == 'Z') shutdown(data, SHUT_WR);
    if (h.type == 'X') {
      memcpy(&ending, b, sizeof ending);
      /* what our own caller killed must not wait for a reader that has stopped */
      if (ending.signalled && forwarded[ending.value]) die_of(ending.value);
      return u;
    }
  }
}

static void *pass_signals(void *set) {
  int g;
  while (!sigwait(set, &g)) {
    char c = g;
    forwarded[g] = 1;
    send_frame(control, 'K', &c, 1);
  }
  return set;
}

static struct sockaddr_in read_conf(void) {
  char path[4096], host[64], ns[4096];
  int port;
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "/host.conf");
  if (n < 0) fail(255, "/proc/self/exe: %s", strerror(errno));
  path[n] = 0;
  strcat(dirname(path), "/host.conf");
  FILE *f = fopen(path, "re");
  if (!f || fscanf(f, "%63s %d %4095s", host, &port, ns) != 3) fail(255, "%s: not readable; is the host stopped?", path);
  fclose(f);
  struct stat there, here;
  if (!stat(ns, &there) && !stat("/proc/self/ns/net", &here) && there.st_ino != here.st_ino) {
    int fd = open(ns, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET)) fail(255, "cannot enter %s: %s; be root, or use scripts/netns exec", ns, strerror(errno));
    close(fd);
  }
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
  inet_pton(AF_INET, host, &a.sin_addr);
  return a;
}

static int dial(struct sockaddr_in a) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0 || connect(s, (void *)&a, sizeof a)) fail(255, "the host at %s does not answer: %s", inet_ntoa(a.sin_addr), strerror(errno));
  tune(s);
  return s;
}

int main(int argc, char **v) {
  /* a closed descriptor must stay unusable, and not become our socket */
  for (int fd = 0; fd < 3; fd++) if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd ? O_RDONLY : O_WRONLY);

  const char *name = basename(v[0]);
  if (!strcmp(name, "run")) v++, argc--; else v[0] = (char *)name;
  if (argc < 1) fail(2, "usage: run COMMAND [ARG...]");
  size_t n = 0;
  for (int i = 0; i < argc; i++) n += strlen(v[i]) + 1;
  if (n > ARGV_MAX) fail(126, "%s", strerror(E2BIG));
  char *args = malloc(n), *q = args;
  for (int i = 0; i < argc; i++) q = stpcpy(q, v[i]) + 1;

  struct sockaddr_in a = read_conf();
  control = dial(a);
  /* keepalive does not look while something is unacknowledged; the guest always reads this one at once */
  unsigned gone = 60000;
  setsockopt(control, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone, sizeof gone);

  static sigset_t signals;
  static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
  struct sigaction old;
  sigemptyset(&signals);
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
    sigaction(passed[i], 0, &old);
    if (old.sa_handler != SIG_IGN) sigaddset(&signals, passed[i]); /* nohup stays nohup */
  }
  pthread_sigmask(SIG_BLOCK, &signals, 0);
  sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &old);

  struct head h;
  uint16_t port;
  if (send_frame(control, 'A', args, n) || read_all(control, &h, sizeof h) || h.type != 'P' || read_all(control, &port, sizeof port))
    fail(255, "the host took no command");
  a.sin_port = htons(port);
  data = dial(a);

  pthread_t t, control_thread;
  pthread_create(&control_thread, 0, read_control, 0);
  pthread_create(&t, 0, pass_signals, &signals);
  if (reads_stdin(name, v)) pthread_create(&t, 0, carry_stdin, 0); else end_stdin(0);
  carry_stdout();
  pthread_join(control_thread, 0);

  if (ending.signalled) die_of(ending.value);
  if (ending.value) _exit(ending.value);
  /* it had written all, and thought well of it; but its reader did not get it */
  if (stdout_error == EPIPE && old.sa_handler != SIG_IGN) die_of(SIGPIPE);
  if (stdout_error) fail(1, "stdout: %s", strerror(stdout_error));
  if (out_total != ending.out) fail(255, "connection to the host lost: stdout is cut");
  _exit(0);
}
