// exp, log1p and tanh of a vector, to float accuracy (a few 1e-7, relative).
#pragma once

#include "simd.hpp"

namespace ctre::CTRE_ISA {

// Below -87 the result stays at about 1e-38, above 88 at about 1e38: nothing overflows here.
inline vf exp(vf x) {
  x = at_most(at_least(x, -87.0f), 88.0f);
  // x = n log 2 + r with |r| <= log(2) / 2; adding 1.5 * 2^23 rounds to the integer in the low
  // bits.
  const vf shifted = x * 1.44269504f + 12582912.0f;
  const vf n = shifted - 12582912.0f;
  const vf r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  vf y = splat(1.9875691500e-4f);  // the polynomial of the Cephes library
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  return reinterpret_cast<vf>(reinterpret_cast<vi>(y) + (reinterpret_cast<vi>(shifted) << 23));
}

// For 0 <= x <= 1: 2 artanh(x / (2 + x)), whose series converges fast there.
inline vf log1p(vf x) {
  const vf s = x / (2.0f + x);
  const vf z = s * s;
  vf y = splat(2.0f / 15);
  y = y * z + 2.0f / 13;
  y = y * z + 2.0f / 11;
  y = y * z + 2.0f / 9;
  y = y * z + 2.0f / 7;
  y = y * z + 2.0f / 5;
  y = y * z + 2.0f / 3;
  return 2.0f * s + s * z * y;
}

inline vf logistic(vf x) { return 1.0f / (1.0f + exp(-x)); }

inline vf tanh(vf x) {
  const vf magnitude = x < 0.0f ? -x : x;
  const vf far = 1.0f - 2.0f / (1.0f + exp(2.0f * magnitude));
  const vf z = x * x;
  vf near = splat(-5.70498872745e-3f);  // Cephes again, where the difference would cancel
  near = near * z + 2.06390887954e-2f;
  near = near * z - 5.37397155531e-2f;
  near = near * z + 1.33314422036e-1f;
  near = near * z - 3.33332819422e-1f;
  near = near * z * x + x;
  return magnitude < 0.625f ? near : (x < 0.0f ? -far : far);
}

}  // namespace ctre::CTRE_ISA
