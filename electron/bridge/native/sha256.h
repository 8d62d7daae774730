#ifndef SHA256_H
#define SHA256_H
#include <stddef.h>
#include <stdint.h>

enum { sha256_size = 32 };

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};
void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t length);
void sha256_end(struct sha256 *hash, uint8_t digest[sha256_size]);

/* HMAC-SHA256 (RFC 2104) over text that comes in parts. */
struct hmac {
  struct sha256 inner, outer;
};
void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t length);
void hmac_add(struct hmac *hmac, const void *bytes, size_t length);
void hmac_end(struct hmac *hmac, uint8_t digest[sha256_size]);

#endif
