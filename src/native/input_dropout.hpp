// Inputs left out while training: each sample loses its own, and the others count for more.
//
// Whether an input is left out is a hash of the epoch's seed, the sample's place in the epoch and
// the feature, so that neither tiles nor threads matter, and nothing need be stored.
// `ctre.kernels.functions` states the same.
#pragma once

#include "call.hpp"
#include "sweep.hpp"

namespace ctre::CTRE_ISA {

typedef std::uint32_t vu __attribute__((vector_size(4 * kLanes), may_alias));

// "lowbias32": every bit of the answer depends on every bit of x.
template <class Word>
CTRE_INLINE Word hashed(Word x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

// All inputs count as they are.
struct AllInputs {
  CTRE_INLINE vf operator()(vf values, std::int32_t, int) const { return values; }
  CTRE_INLINE float operator()(float value, std::int32_t, int) const { return value; }
};

// The inputs of the samples of one tile.
class InputDropout {
 public:
  InputDropout(const DropoutView& dropout, std::int64_t first_place, int width)
      : threshold_(dropout.threshold), scale_(dropout.scale) {
    for (int s = 0; s < width; ++s)
      keys_[s] = hashed(static_cast<std::uint32_t>(first_place + s) ^ dropout.seed);
  }
  // The values of a feature for the samples of one register, the first of which is s.
  CTRE_INLINE vf operator()(vf values, std::int32_t feature, int s) const {
    const vu key = *reinterpret_cast<const vu*>(keys_ + s) + step(feature);
    const auto is_kept = hashed(key) >= threshold_;
    return vf(vi(values * scale_) & vi(is_kept));
  }
  CTRE_INLINE float operator()(float value, std::int32_t feature, int s) const {
    return hashed(keys_[s] + step(feature)) >= threshold_ ? value * scale_ : 0.0f;
  }

 private:
  static CTRE_INLINE std::uint32_t step(std::int32_t feature) {
    return static_cast<std::uint32_t>(feature) * 0x9e3779b9U;
  }

  alignas(4 * kLanes) std::uint32_t keys_[kMaxWidth];  // of each sample
  std::uint32_t threshold_;
  float scale_;
};

}  // namespace ctre::CTRE_ISA
