/* A connection of the sink: plain or TLS, and as fast as the line that it stands for.
 *
 * The line is a model, for kernels without netem: every answer comes a round trip later; a connection carries what TCP
 * lets it carry, a window for each round trip, which doubles from 10 segments up to WINDOW (RFC 5681, slow start; no
 * losses); all connections of a direction share the bandwidth. */
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, SEGMENT = 1460, WINDOW = 4 * 1024 * 1024, HEAD_MAX = 64 * 1024 };

/* seconds that a late wake-up may make good */
#define SLACK 0.01

static double round_trip; /* seconds */
static double bandwidth;  /* bytes per second; 0: no limit */

struct line {
  int fd;
  SSL *tls;
  char head[HEAD_MAX + 1];
  size_t have, used; /* bytes in `head` that were read, and that are done with */
  /* the model */
  double window, grown, ready;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void wait_until(double then) {
  double s = then - now();
  if (s <= 0) return;
  struct timespec t = { (time_t)s, (long)((s - (time_t)s) * 1e9) };
  while (nanosleep(&t, &t) && errno == EINTR) ;
}

/* the time at which the shared line has carried so many bytes more */
static double carried(int up, size_t bytes) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static double free_at[2];
  pthread_mutex_lock(&lock);
  double t = now();
  if (free_at[up] < t - SLACK) free_at[up] = t - SLACK;
  double then = free_at[up] += bytes / bandwidth;
  pthread_mutex_unlock(&lock);
  return then;
}

/* after `bytes` of a body, in either direction */
static void pace(struct line *c, int up, size_t bytes) {
  if (bandwidth > 0) wait_until(carried(up, bytes));
  if (round_trip <= 0) return;
  double t = now();
  if (c->window == 0) c->window = 10 * SEGMENT, c->grown = c->ready = t;
  for (; c->grown + round_trip <= t && c->window < WINDOW; c->grown += round_trip) c->window *= 2;
  if (c->window > WINDOW) c->window = WINDOW;
  if (c->ready < t - SLACK) c->ready = t - SLACK;
  c->ready += bytes * round_trip / c->window;
  wait_until(c->ready);
}

/* bytes to come that nobody wants; -1 at an error or the end */
static ssize_t discard(struct line *c, size_t most) {
  static __thread char b[PIECE];
  for (;;) {
    /* TCP throws away without a copy: recv(2), MSG_TRUNC */
    ssize_t r = c->tls ? SSL_read(c->tls, b, most < sizeof b ? most : sizeof b)
                       : recv(c->fd, b, round_trip > 0 || bandwidth > 0 ? (most < sizeof b ? most : sizeof b) : most, MSG_TRUNC);
    if (r < 0 && !c->tls && errno == EINTR) continue;
    return r > 0 ? r : -1;
  }
}

static int fill(struct line *c) {
  if (c->used) {
    memmove(c->head, c->head + c->used, c->have - c->used);
    c->have -= c->used;
    c->used = 0;
  }
  if (c->have == HEAD_MAX) return -1;
  ssize_t r = c->tls ? SSL_read(c->tls, c->head + c->have, HEAD_MAX - c->have)
                     : read(c->fd, c->head + c->have, HEAD_MAX - c->have);
  if (r <= 0) return -1;
  c->have += r;
  return 0;
}

static int send_bytes(struct line *c, const void *p, size_t n) {
  const char *at = p;
  while (n) {
    ssize_t r = c->tls ? SSL_write(c->tls, at, n < PIECE ? n : PIECE) : send(c->fd, at, n, MSG_NOSIGNAL);
    if (r <= 0) return -1;
    at += r; n -= r;
  }
  return 0;
}

/* a round trip between a request and its answer */
static int answer(struct line *c, const void *p, size_t n) {
  if (round_trip > 0) wait_until(now() + round_trip);
  return send_bytes(c, p, n);
}
