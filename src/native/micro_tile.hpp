// The size of a micro-tile: so many pairs of neurons are multiplied at once, in registers.
#pragma once

#include <cstdint>

#include "simd.hpp"

namespace ctre::CTRE_ISA {

// Its sums fill the registers of the instruction set but for one row and a factor.
#if defined(__AVX512F__)
inline constexpr int kMicroPost = 14, kMicroVectors = 2;
#elif defined(__aarch64__)
inline constexpr int kMicroPost = 6, kMicroVectors = 4;
#else
inline constexpr int kMicroPost = 6, kMicroVectors = 2;
#endif
inline constexpr int kMicroPre = kMicroVectors * kLanes;

inline constexpr int kChunk = 256;  // samples packed at once

inline std::int64_t round_up(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step * step;
}

}  // namespace ctre::CTRE_ISA
