// The vector type of the kernels: as many floats as one register of the instruction set holds.
//
// The same source is compiled once per instruction set (CTRE_ISA names the namespace), written in
// the vector extensions of GCC and Clang. Vectors wider than a register are avoided: GCC keeps
// those in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_FMA)
#include <arm_neon.h>
#endif

#ifndef CTRE_ISA
#error "CTRE_ISA must name the instruction set this file is compiled for"
#endif

// For functions of a few instructions: GCC stops to inline them where a file has grown much.
#define CTRE_INLINE inline __attribute__((always_inline))

namespace ctre::CTRE_ISA {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#elif defined(__AVX2__)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;
#endif

typedef float vf __attribute__((vector_size(4 * kLanes), may_alias));
typedef float vfu __attribute__((vector_size(4 * kLanes), may_alias, aligned(4)));
typedef std::int32_t vi __attribute__((vector_size(4 * kLanes), may_alias));

CTRE_INLINE vf splat(float x) { return x - vf{}; }
CTRE_INLINE vf load(const float* p) { return *reinterpret_cast<const vf*>(p); }
CTRE_INLINE void store(float* p, vf x) { *reinterpret_cast<vf*>(p) = x; }
CTRE_INLINE vf loadu(const float* p) { return *reinterpret_cast<const vfu*>(p); }
CTRE_INLINE void storeu(float* p, vf x) { *reinterpret_cast<vfu*>(p) = x; }

// a * b + c of a number and of vectors, rounded alike: once where the processor can, at every level
// of optimization. (Whether a plain a * b + c is, the compiler decides anew in each loop.) Loops
// that add up in this way, in the same order, come to the same sum.
CTRE_INLINE float multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
CTRE_INLINE double multiply_add(double a, double b, double c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}
CTRE_INLINE vf multiply_add(vf a, vf b, vf c) {
#if defined(__AVX512F__)
  return vf(_mm512_fmadd_ps(__m512(a), __m512(b), __m512(c)));
#elif defined(__FMA__)
  return vf(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c)));
#elif defined(__ARM_FEATURE_FMA)
  return vf(vfmaq_f32(float32x4_t(c), float32x4_t(a), float32x4_t(b)));
#else
  return a * b + c;
#endif
}

// Both let a NaN in x pass, as the instructions of x86 do for their second operand.
#if defined(__AVX512F__)
// (With a mask of ones, as GCC 12 warns of its own header without.)
CTRE_INLINE vf at_least(vf x, float low) {
  return vf(_mm512_maskz_max_ps(0xffff, __m512(splat(low)), __m512(x)));
}
CTRE_INLINE vf at_most(vf x, float high) {
  return vf(_mm512_maskz_min_ps(0xffff, __m512(splat(high)), __m512(x)));
}
#elif defined(__AVX2__)
CTRE_INLINE vf at_least(vf x, float low) {
  return vf(_mm256_max_ps(__m256(splat(low)), __m256(x)));
}
CTRE_INLINE vf at_most(vf x, float high) {
  return vf(_mm256_min_ps(__m256(splat(high)), __m256(x)));
}
#elif defined(__SSE2__)
CTRE_INLINE vf at_least(vf x, float low) { return vf(_mm_max_ps(__m128(splat(low)), __m128(x))); }
CTRE_INLINE vf at_most(vf x, float high) { return vf(_mm_min_ps(__m128(splat(high)), __m128(x))); }
#else
CTRE_INLINE vf at_least(vf x, float low) { return x < low ? splat(low) : x; }
CTRE_INLINE vf at_most(vf x, float high) { return x > high ? splat(high) : x; }
#endif

// The sign of lane l as bit l: of a comparison, where it holds.
CTRE_INLINE std::uint32_t signs_of(vi x) {
#if defined(__AVX512F__)
  return _mm512_movepi32_mask(__m512i(x));
#elif defined(__AVX2__)
  return static_cast<std::uint32_t>(_mm256_movemask_ps(__m256(x)));
#elif defined(__SSE2__)
  return static_cast<std::uint32_t>(_mm_movemask_ps(__m128(x)));
#else
  std::uint32_t signs = 0;
  for (int l = 0; l < kLanes; ++l) signs |= (static_cast<std::uint32_t>(x[l]) >> 31) << l;
  return signs;
#endif
}

// Lane l of the result is lane Pick::lane(l) of the 2 * kLanes lanes of a and b together.
template <class Pick, std::size_t... l>
CTRE_INLINE vf shuffle(vf a, vf b, std::index_sequence<l...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, Pick::lane(static_cast<int>(l))...);
#else
  return __builtin_shuffle(a, b, vi{Pick::lane(static_cast<int>(l))...});
#endif
}
template <class Pick>
CTRE_INLINE vf shuffle(vf a, vf b) {
  return shuffle<Pick>(a, b, std::make_index_sequence<kLanes>{});
}

// Halve a pair of vectors: the even, or odd, lanes of a and then of b. Within quarters of four
// lanes, or with whole quarters for lanes: those are the patterns that take one instruction.
template <int kOdd>
struct EverySecondLane {
  static constexpr int lane(int l) {
    return l / 4 * 4 + kOdd + l % 2 * 2 + (l % 4 / 2 ? kLanes : 0);
  }
};
template <int kOdd>
struct EverySecondQuarter {
  static constexpr int lane(int l) { return (2 * (l / 4) + kOdd) * 4 + l % 4; }
};
template <int kStage, int kOdd>
CTRE_INLINE vf every_second(vf a, vf b) {
  if constexpr (kStage < 2) {
    return shuffle<EverySecondLane<kOdd>>(a, b);
  } else {
    return shuffle<EverySecondQuarter<kOdd>>(a, b);
  }
}

// Sums the lanes of each of kLanes vectors: lane i of the result belongs to x[i].
template <int kStage = 0>
CTRE_INLINE vf sum_lanes(const vf* x) {
  constexpr int kLeft = kLanes >> (kStage + 1);
  vf y[kLeft];
#pragma GCC unroll 16
  for (int i = 0; i < kLeft; ++i) {
    const vf a = x[2 * i], b = x[2 * i + 1];
    y[i] = every_second<kStage, 0>(a, b) + every_second<kStage, 1>(a, b);
  }
  if constexpr (kLeft > 1) {
    return sum_lanes<kStage + 1>(y);
  } else {
    return y[0];
  }
}

// Transposes kLanes vectors in place. Each stage moves one bit of the lane's number into the
// vector's and the reverse.
template <int kStage = 0>
CTRE_INLINE void transpose(vf* x) {
  constexpr int kHalf = kLanes / 2;
  vf y[kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kHalf; ++i) {
    y[i] = every_second<kStage, 0>(x[2 * i], x[2 * i + 1]);
    y[kHalf + i] = every_second<kStage, 1>(x[2 * i], x[2 * i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) x[i] = y[i];
  if constexpr ((2 << kStage) < kLanes) transpose<kStage + 1>(x);
}

}  // namespace ctre::CTRE_ISA
