// The vector type of the kernels: 16 floats, one 64-byte cache line.
//
// GCC and Clang lower it to one AVX-512 register, two AVX2 or four SSE/NEON ones, so the same
// source is compiled once per instruction set (CTRE_ISA names the namespace).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifndef CTRE_ISA
#error "CTRE_ISA must name the instruction set this file is compiled for"
#endif

namespace ctre::CTRE_ISA {

inline constexpr int kLanes = 16;

typedef float vf __attribute__((vector_size(64)));                // 64-byte aligned
typedef float vfu __attribute__((vector_size(64), aligned(4)));   // any float address
typedef std::int32_t vi __attribute__((vector_size(64)));

inline vf splat(float x) { return vf{} + x; }
inline vf load(const float* p) { return *reinterpret_cast<const vf*>(p); }
inline void store(float* p, vf x) { *reinterpret_cast<vf*>(p) = x; }
inline vf loadu(const float* p) { return *reinterpret_cast<const vfu*>(p); }
inline void storeu(float* p, vf x) { *reinterpret_cast<vfu*>(p) = x; }
inline vf select(vi mask, vf a, vf b) {
  return reinterpret_cast<vf>((mask & reinterpret_cast<vi>(a)) | (~mask & reinterpret_cast<vi>(b)));
}

}  // namespace ctre::CTRE_ISA
