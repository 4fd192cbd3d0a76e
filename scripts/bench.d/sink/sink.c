/* sink DATAFILE OBJECTSIZE [--checksums] [--tls CERT KEY] [--latency MS] [--bandwidth MBIT]
 *
 * An S3 server that costs little, so that what is measured is the client. It throws away what is put, except below .z3/,
 * and has one large object to read, down/object: OBJECTSIZE bytes that repeat DATAFILE. It checks nothing: no signature, no hash. With
 * --checksums it claims, as AWS does, to keep CRC32s. A thread for each connection. Prints its port; ends when its stdin
 * does. What it stores is never freed. */
#define _GNU_SOURCE
#include "line.h"
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <search.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PARTS = 10001, LISTED = 1000 };

struct object { char *key, *metadata, *crc32, *content, etag[48]; uint64_t size; };
struct part { uint64_t size; unsigned char md5[16]; };
struct upload { char id[33], *metadata; struct part *parts[PARTS]; };
/* of a request */
struct request {
  char method[8], *path, *query, *headers, *text;
  uint64_t length;
  int chunked, expect;
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static void *objects, *uploads; /* trees of tsearch(3) */
static int data_fd, checksums;
static char *data, modified[64], modified_iso[64];
static uint64_t data_size;

static int by_key(const void *a, const void *b) { return strcmp(((const struct object *)a)->key, ((const struct object *)b)->key); }
static int by_id(const void *a, const void *b) { return strcmp(((const struct upload *)a)->id, ((const struct upload *)b)->id); }
static void *find(void *const *tree, const void *what, int (*compare)(const void *, const void *)) {
  pthread_rwlock_rdlock(&lock);
  void **found = tfind(what, tree, compare);
  pthread_rwlock_unlock(&lock);
  return found ? *found : 0;
}
static struct object *find_object(char *key) { return find(&objects, &(struct object){ .key = key }, by_key); }
static void store(struct object *o) {
  pthread_rwlock_wrlock(&lock);
  tdelete(o, &objects, by_key);
  tsearch(o, &objects, by_key);
  pthread_rwlock_unlock(&lock);
}

static void hex(char *to, const unsigned char *bytes, int n) { for (int i = 0; i < n; i++) sprintf(to + 2 * i, "%02x", bytes[i]); }

/* text that grows; for answers */
struct text { char *at; size_t n, room; };
static void add(struct text *t, const char *format, ...) {
  for (;;) {
    va_list a;
    va_start(a, format);
    size_t n = vsnprintf(t->at + t->n, t->room - t->n, format, a);
    va_end(a);
    if (t->n + n < t->room) { t->n += n; return; }
    t->at = realloc(t->at, t->room = 2 * (t->room + n + 64));
  }
}

static char *header(struct request *r, const char *name) { /* its value, allocated; 0 if it is missing */
  size_t n = strlen(name);
  for (char *l = r->headers; l && *l; ) {
    char *end = strstr(l, "\r\n");
    if (!end) break;
    if (!strncasecmp(l, name, n) && l[n] == ':') {
      l += n + 1;
      while (*l == ' ') l++;
      return strndup(l, end - l);
    }
    l = end + 2;
  }
  return 0;
}

/* the lines x-amz-meta-…, as they are sent back */
static char *metadata_of(struct request *r) {
  struct text t = { 0 };
  add(&t, "%s", "");
  for (char *l = r->headers; *l; ) {
    char *end = strstr(l, "\r\n");
    if (!end) break;
    if (!strncasecmp(l, "x-amz-meta-", 11)) add(&t, "%.*s\r\n", (int)(end - l), l);
    l = end + 2;
  }
  return t.at;
}

static void decode(char *s) {
  char *to = s;
  for (; *s; s++) {
    unsigned c;
    if (*s == '%' && sscanf(s + 1, "%2x", &c) == 1) *to++ = c, s += 2;
    else *to++ = *s;
  }
  *to = 0;
}

static char *parameter(struct request *r, const char *name) { /* decoded, allocated; 0 if it is missing */
  size_t n = strlen(name);
  for (char *p = r->query; p && *p; ) {
    char *end = strchrnul(p, '&');
    if (!strncmp(p, name, n) && (p[n] == '=' || p + n == end)) {
      char *v = p[n] == '=' ? strndup(p + n + 1, end - p - n - 1) : strdup("");
      for (char *c = v; *c; c++) if (*c == '+') *c = ' ';
      decode(v);
      return v;
    }
    p = *end ? end + 1 : end;
  }
  return 0;
}

static int reply(struct line *c, int status, const char *headers, const char *body) {
  struct text t = { 0 };
  add(&t, "HTTP/1.1 %d X\r\n%scontent-length: %zu\r\n%s\r\n%s", status, headers, strlen(body), *body ? "content-type: application/xml\r\n" : "", body);
  int failed = answer(c, t.at, t.n);
  free(t.at);
  return failed;
}
static int refuse(struct line *c, int status, const char *code, int head) {
  char b[200];
  snprintf(b, sizeof b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, code);
  return reply(c, status, "", head ? "" : b);
}

/* read a body to its end. @returns its length, without framing; -1 if the client has gone */
static int64_t skip(struct line *c, uint64_t n) {
  uint64_t left = n;
  size_t held = c->have - c->used;
  if (held > left) held = left;
  c->used += held;
  left -= held;
  pace(c, 1, held);
  while (left) {
    ssize_t r = discard(c, left > 1 << 20 ? 1 << 20 : left);
    if (r < 0) return -1;
    left -= r;
    pace(c, 1, r);
  }
  return n;
}
/* read a body of n bytes into memory. @returns it, allocated; 0 if the client has gone */
static char *keep(struct line *c, uint64_t n) {
  char *content = malloc(n + 1);
  for (uint64_t at = 0; at < n; ) {
    if (c->used == c->have && fill(c)) return 0;
    size_t m = c->have - c->used;
    if (m > n - at) m = n - at;
    memcpy(content + at, c->head + c->used, m);
    c->used += m;
    at += m;
    pace(c, 1, m);
  }
  return content;
}
static int64_t skip_chunks(struct line *c) {
  int64_t total = 0;
  for (;;) {
    char *end;
    while (!(end = memmem(c->head + c->used, c->have - c->used, "\r\n", 2))) if (fill(c)) return -1;
    uint64_t n = strtoull(c->head + c->used, 0, 16);
    c->used = end + 2 - c->head;
    total += n;
    if (skip(c, n + 2) < 0) return -1; /* a last chunk has no trailers here */
    if (n == 0) return total;
  }
}
static int64_t body(struct line *c, struct request *r) {
  if (r->expect && send_bytes(c, "HTTP/1.1 100 Continue\r\n\r\n", 25)) return -1;
  int64_t n = r->chunked ? skip_chunks(c) : skip(c, r->length);
  /* aws-chunked: the framing does not count */
  char *decoded = header(r, "x-amz-decoded-content-length");
  if (decoded && n >= 0) n = strtoull(decoded, 0, 10);
  free(decoded);
  return n;
}

static int get(struct line *c, struct request *r, char *key) {
  int head = !strcmp(r->method, "HEAD");
  struct object *o = find_object(key);
  if (!o) return refuse(c, 404, "NoSuchKey", head);
  char *range = header(r, "range");
  uint64_t first = 0, last = o->size ? o->size - 1 : 0;
  int ranged = range && sscanf(range, "bytes=%lu-%lu", &first, &last) >= 1;
  free(range);
  if (o->size && last > o->size - 1) last = o->size - 1;
  if (ranged && first >= o->size) return refuse(c, 416, "InvalidRange", head);
  uint64_t n = o->size ? last + 1 - first : 0;
  struct text t = { 0 };
  add(&t, "HTTP/1.1 %d X\r\n%saccept-ranges: bytes\r\ncontent-length: %lu\r\ncontent-type: application/octet-stream\r\netag: %s\r\nlast-modified: %s\r\n",
    ranged ? 206 : 200, o->metadata ? o->metadata : "", n, o->etag, modified);
  if (o->crc32) add(&t, "x-amz-checksum-crc32: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n", o->crc32);
  if (ranged) add(&t, "content-range: bytes %lu-%lu/%lu\r\n", first, last, o->size);
  add(&t, "\r\n");
  int failed = answer(c, t.at, t.n);
  free(t.at);
  for (uint64_t at = first; !failed && !head && n; ) {
    off_t from = data_size ? at % data_size : 0;
    size_t most = c->tls || round_trip > 0 || bandwidth > 0 ? PIECE : 1 << 20;
    size_t m = n < most ? n : most;
    if (!o->content && m > data_size - from) m = data_size - from;
    if (o->content) failed = send_bytes(c, o->content + at, m);
    else if (c->tls) failed = send_bytes(c, data + from, m);
    else {
      ssize_t s = sendfile(c->fd, data_fd, &from, m);
      if (s <= 0) failed = 1; else m = s;
    }
    pace(c, 0, m);
    at += m; n -= m;
  }
  return failed;
}

/* the walk of tree gives no argument */
static __thread struct { struct object *found[LISTED + 1]; int n, most; const char *prefix, *after; } listed;
static void look(const void *node, VISIT which, int depth) {
  (void)depth;
  if (which != postorder && which != leaf) return;
  struct object *o = *(struct object *const *)node;
  if (listed.n > listed.most || strncmp(o->key, listed.prefix, strlen(listed.prefix))) return;
  if (strcmp(o->key, listed.after) > 0) listed.found[listed.n++] = o;
}
static int list(struct line *c, struct request *r) {
  char *prefix = parameter(r, "prefix"), *token = parameter(r, "continuation-token"), *after = parameter(r, "start-after"),
    *marker = parameter(r, "marker"), *most = parameter(r, "max-keys");
  listed.n = 0;
  listed.most = most && atoi(most) < LISTED ? atoi(most) : LISTED;
  listed.prefix = prefix ? prefix : "";
  listed.after = token && *token ? token : after ? after : marker ? marker : "";
  pthread_rwlock_rdlock(&lock);
  twalk(objects, look);
  pthread_rwlock_unlock(&lock);
  int more = listed.n > listed.most;
  struct text t = { 0 };
  add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><IsTruncated>%s</IsTruncated>", more ? "true" : "false");
  for (int i = 0; i < listed.n - more; i++) {
    struct object *o = listed.found[i];
    add(&t, "<Contents><Key>%s</Key><Size>%lu</Size><ETag>%s</ETag><LastModified>%s</LastModified><StorageClass>STANDARD</StorageClass></Contents>", o->key, o->size, o->etag, modified_iso);
  }
  if (more && listed.most) add(&t, "<NextContinuationToken>%s</NextContinuationToken><NextMarker>%s</NextMarker>", listed.found[listed.most - 1]->key, listed.found[listed.most - 1]->key);
  add(&t, "</ListBucketResult>");
  int failed = reply(c, 200, "", t.at);
  free(t.at); free(prefix); free(token); free(after); free(marker); free(most);
  return failed;
}

static int create(struct line *c, struct request *r, char *key) {
  struct upload *u = calloc(1, sizeof *u);
  unsigned char random[16];
  RAND_bytes(random, sizeof random);
  hex(u->id, random, 16);
  u->metadata = metadata_of(r);
  pthread_rwlock_wrlock(&lock);
  tsearch(u, &uploads, by_id);
  pthread_rwlock_unlock(&lock);
  struct text h = { 0 }, t = { 0 };
  add(&h, "%s", "");
  char *algorithm = header(r, "x-amz-checksum-algorithm"), *type = header(r, "x-amz-checksum-type");
  if (checksums && algorithm) add(&h, "x-amz-checksum-algorithm: %s\r\nx-amz-checksum-type: %s\r\n", algorithm, type ? type : "COMPOSITE");
  add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>", key, u->id);
  int failed = reply(c, 200, h.at, t.at);
  free(h.at); free(t.at); free(algorithm); free(type);
  return failed;
}

/* never hashed here: clients compare with what they sent in Content-MD5 if at all, and with what they were told of parts */
static void etag_bytes(struct request *r, unsigned char md5[16]) {
  char *sent = header(r, "content-md5");
  unsigned char b[32];
  if (sent && EVP_DecodeBlock(b, (unsigned char *)sent, strlen(sent)) >= 16) memcpy(md5, b, 16);
  else RAND_bytes(md5, 16);
  free(sent);
}
static int put(struct line *c, struct request *r, char *key, struct upload *u, int number) {
  unsigned char md5[16];
  etag_bytes(r, md5);
  char *content = 0;
  int64_t size = r->length;
  if (!u && !r->chunked && !r->expect && strstr(key, ".z3/")) {
    if (!(content = keep(c, r->length))) return -1;
  } else if ((size = body(c, r)) < 0) return -1;
  struct text h = { 0 };
  char etag[33] = "";
  hex(etag, md5, 16);
  if (u) {
    struct part *p = malloc(sizeof *p);
    p->size = size;
    memcpy(p->md5, md5, 16);
    u->parts[number] = p;
  } else {
    struct object *o = calloc(1, sizeof *o);
    o->key = strdup(key);
    o->size = size;
    o->content = content;
    o->metadata = metadata_of(r);
    sprintf(o->etag, "\"%s\"", etag);
    store(o);
  }
  add(&h, "etag: \"%s\"\r\n", etag);
  char *crc32 = header(r, "x-amz-checksum-crc32");
  if (checksums && crc32) add(&h, "x-amz-checksum-crc32: %s\r\n", crc32);
  int failed = reply(c, 200, h.at, "");
  free(h.at); free(crc32);
  return failed;
}
static int complete(struct line *c, struct request *r, char *key, struct upload *u) {
  if (body(c, r) < 0) return -1;
  struct object *o = calloc(1, sizeof *o);
  EVP_MD_CTX *m = EVP_MD_CTX_new();
  unsigned char md5[16];
  char text[33];
  int count = 0;
  EVP_DigestInit_ex(m, EVP_md5(), 0);
  for (int i = 0; i < PARTS; i++) if (u->parts[i]) {
    EVP_DigestUpdate(m, u->parts[i]->md5, 16);
    o->size += u->parts[i]->size;
    count++;
  }
  EVP_DigestFinal_ex(m, md5, 0);
  EVP_MD_CTX_free(m);
  hex(text, md5, 16);
  sprintf(o->etag, "\"%s-%d\"", text, count);
  o->key = strdup(key);
  o->metadata = u->metadata;
  if (checksums) o->crc32 = header(r, "x-amz-checksum-crc32");
  store(o);
  struct text t = { 0 };
  add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>%s</Key><ETag>%s</ETag></CompleteMultipartUploadResult>", key, o->etag);
  int failed = reply(c, 200, "", t.at);
  free(t.at);
  return failed;
}
static int forget(struct line *c, struct request *r, char *key, struct upload *u) {
  if (body(c, r) < 0) return -1;
  pthread_rwlock_wrlock(&lock);
  if (u) tdelete(u, &uploads, by_id); else tdelete(&(struct object){ .key = key }, &objects, by_key);
  pthread_rwlock_unlock(&lock);
  return reply(c, 204, "", "");
}

static int serve(struct line *c, struct request *r) {
  char *key = strchr(r->path + 1, '/');
  key = key ? key + 1 : "";
  if (*key) decode(key);
  char *id = parameter(r, "uploadId"), *number = parameter(r, "partNumber");
  int part = number ? atoi(number) : 0;
  struct upload *u = id ? find(&uploads, memcpy(&(struct upload){ 0 }, id, strnlen(id, 32)), by_id) : 0;
  int bad = (id && !u) || part < 0 || part >= PARTS, failed;
  free(id); free(number);
  if (bad) failed = body(c, r) < 0 || refuse(c, 404, "NoSuchUpload", 0);
  else if (!strcmp(r->method, "HEAD") || !strcmp(r->method, "GET"))
    failed = *key ? get(c, r, key) : !strcmp(r->method, "HEAD") ? reply(c, 200, "", "") : list(c, r);
  else if (!strcmp(r->method, "PUT")) failed = *key ? put(c, r, key, u, part) : body(c, r) < 0 || reply(c, 200, "", "");
  else if (!strcmp(r->method, "POST")) failed = u ? complete(c, r, key, u) : body(c, r) < 0 || create(c, r, key);
  else if (!strcmp(r->method, "DELETE")) failed = forget(c, r, key, u);
  else failed = refuse(c, 501, "NotImplemented", 0);
  return failed;
}

/* @returns 0 with a request, whose text is its own; -1 at the end of the connection */
static int read_request(struct line *c, struct request *r) {
  char *end;
  while (!(end = memmem(c->head + c->used, c->have - c->used, "\r\n\r\n", 4))) if (fill(c)) return -1;
  size_t n = end + 2 - (c->head + c->used);
  char *text = strndup(c->head + c->used, n);
  c->used += n + 2;
  *r = (struct request){ .text = text };
  char *line_end = strstr(text, "\r\n"), *space = strchr(text, ' ');
  if (!line_end || !space || space - text >= (int)sizeof r->method) return -1;
  *line_end = 0;
  r->headers = line_end + 2;
  memcpy(r->method, text, space - text);
  r->path = space + 1;
  if ((space = strchr(r->path, ' '))) *space = 0;
  if ((r->query = strchr(r->path, '?'))) *r->query++ = 0;
  char *length = header(r, "content-length"), *coding = header(r, "transfer-encoding"), *expect = header(r, "expect");
  r->length = length ? strtoull(length, 0, 10) : 0;
  r->chunked = coding != 0;
  r->expect = expect != 0;
  free(length); free(coding); free(expect);
  return 0;
}

static SSL_CTX *tls;
static void *talk(void *p) {
  struct line *c = p;
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  int ok = 1;
  if (round_trip > 0) wait_until(now() + round_trip); /* of the connection */
  if (tls) {
    c->tls = SSL_new(tls);
    SSL_set_fd(c->tls, c->fd);
    if (round_trip > 0) wait_until(now() + round_trip); /* of TLS 1.3 */
    ok = SSL_accept(c->tls) == 1;
  }
  struct request r;
  while (ok && !read_request(c, &r)) {
    ok = !serve(c, &r);
    free(r.text);
  }
  if (c->tls) SSL_free(c->tls);
  close(c->fd);
  free(c);
  return 0;
}

static void die(const char *what) { perror(what); exit(1); }

static void *accept_all(void *p) {
  for (;;) {
    int fd = accept4(*(int *)p, 0, 0, SOCK_CLOEXEC);
    if (fd < 0) continue;
    struct line *c = calloc(1, sizeof *c);
    c->fd = fd;
    pthread_t t;
    if (pthread_create(&t, 0, talk, c)) close(fd); else pthread_detach(t);
  }
  return p;
}

int main(int argc, char **v) {
  if (argc < 3) { fprintf(stderr, "usage: sink DATAFILE OBJECTSIZE [--checksums] [--tls CERT KEY] [--latency MS] [--bandwidth MBIT]\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  struct stat s;
  if ((data_fd = open(v[1], O_RDONLY | O_CLOEXEC)) < 0 || fstat(data_fd, &s)) die(v[1]);
  data_size = s.st_size;
  data = data_size ? mmap(0, data_size, PROT_READ, MAP_SHARED, data_fd, 0) : 0;
  for (int i = 3; i < argc; i++) {
    if (!strcmp(v[i], "--checksums")) checksums = 1;
    else if (!strcmp(v[i], "--latency") && i + 1 < argc) round_trip = atof(v[++i]) / 1e3;
    else if (!strcmp(v[i], "--bandwidth") && i + 1 < argc) bandwidth = atof(v[++i]) * 1e6 / 8;
    else if (!strcmp(v[i], "--tls") && i + 2 < argc) {
      tls = SSL_CTX_new(TLS_server_method());
      if (SSL_CTX_use_certificate_chain_file(tls, v[i + 1]) != 1 || SSL_CTX_use_PrivateKey_file(tls, v[i + 2], SSL_FILETYPE_PEM) != 1) die(v[i + 1]);
      i += 2;
    } else { fprintf(stderr, "sink: %s?\n", v[i]); return 2; }
  }
  time_t t = time(0);
  struct tm utc;
  gmtime_r(&t, &utc);
  strftime(modified, sizeof modified, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  strftime(modified_iso, sizeof modified_iso, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  struct object *o = calloc(1, sizeof *o);
  *o = (struct object){ .key = strdup("down/object"), .size = strtoull(v[2], 0, 10), .etag = "\"0123456789abcdef0123456789abcdef-2\"" };
  store(o);

  int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = PIECE;
  /* else what the model has not carried yet waits in the server's buffer, and counts as sent */
  if (round_trip > 0 || bandwidth > 0) setsockopt(l, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t n = sizeof a;
  if (bind(l, (void *)&a, n) || listen(l, 256) || getsockname(l, (void *)&a, &n)) die("listen");
  printf("%d\n", ntohs(a.sin_port));
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, 0, accept_all, &l);
  char b[64];
  while (read(0, b, sizeof b) > 0) ;
  return 0;
}
