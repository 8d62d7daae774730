#include "sha256.h"
#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_words[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned by) {
  return word >> by | word << (32 - by);
}

static uint32_t read_word(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void compress(uint32_t state[8], const uint8_t *block) {
  uint32_t words[64];
  for (size_t i = 0; i < 16; i++) words[i] = read_word(block + 4 * i);
  for (size_t i = 16; i < 64; i++) {
    uint32_t near = words[i - 2], far = words[i - 15];
    words[i] = words[i - 16] + words[i - 7] + (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3) +
               (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10);
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (size_t i = 0; i < 64; i++) {
    uint32_t sum1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_words[i] + words[i];
    uint32_t sum0 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + sum1;
    d = c, c = b, b = a, a = sum1 + sum0;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_begin(struct sha256 *hash) {
  static const uint32_t first[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  };
  memcpy(hash->state, first, sizeof first);
  hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  for (size_t i = 0; i < length; i++) {
    hash->block[hash->length++ % 64] = from[i];
    if (hash->length % 64 == 0) compress(hash->state, hash->block);
  }
}

void sha256_end(struct sha256 *hash, uint8_t digest[sha256_size]) {
  uint64_t bits = hash->length * 8;
  sha256_add(hash, "\x80", 1);
  while (hash->length % 64 != 56) sha256_add(hash, "", 1);
  for (int shift = 56; shift >= 0; shift -= 8) sha256_add(hash, &(uint8_t){(uint8_t)(bits >> shift)}, 1);
  for (size_t i = 0; i < sha256_size; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t length) {
  uint8_t inner[64] = {0}, outer[64];
  if (length > sizeof inner) {
    sha256_begin(&hmac->inner);
    sha256_add(&hmac->inner, key, length);
    sha256_end(&hmac->inner, inner);
  } else {
    memcpy(inner, key, length);
  }
  for (size_t i = 0; i < sizeof inner; i++) {
    outer[i] = inner[i] ^ 0x5c;
    inner[i] ^= 0x36;
  }
  sha256_begin(&hmac->inner);
  sha256_add(&hmac->inner, inner, sizeof inner);
  sha256_begin(&hmac->outer);
  sha256_add(&hmac->outer, outer, sizeof outer);
}

void hmac_add(struct hmac *hmac, const void *bytes, size_t length) {
  sha256_add(&hmac->inner, bytes, length);
}

void hmac_end(struct hmac *hmac, uint8_t digest[sha256_size]) {
  sha256_end(&hmac->inner, digest);
  sha256_add(&hmac->outer, digest, sha256_size);
  sha256_end(&hmac->outer, digest);
}
