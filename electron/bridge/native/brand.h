#ifndef BRAND_H
#define BRAND_H

/* build/native.ts defines PRODUCT, SLUG, BRIDGE_COMMAND and VERSION from shared/brand.ts and package.json. */
#ifndef VERSION
#error "compile with build/native.ts, which knows the product's names and version"
#endif

#endif
