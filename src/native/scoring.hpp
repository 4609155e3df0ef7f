// From the sum of a pair's products to its rank, and the places that are taken.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "best_absent_pairs.hpp"
#include "best_pairs.hpp"
#include "live_neurons.hpp"
#include "simd.hpp"

namespace ctre::CTRE_ISA {

class Scoring {
 public:
  explicit Scoring(const AbsentPairQuery& query) : query_(query) {}

  std::int64_t key(std::int64_t q, std::int64_t p) const { return q * query_.n_pre + p; }
  float post_offset(std::int64_t q) const {
    return query_.post_offset ? query_.post_offset[q] : 0.0f;
  }
  float pre_offset(std::int64_t p) const {
    return query_.pre_offset ? query_.pre_offset[p] + 0.0f : 0.0f;
  }

  // The score, or its negative where low ones are better: the higher the better.
  float goodness(float sum) const {
    std::int32_t bits;
    std::memcpy(&bits, &sum, sizeof bits);
    bits = (bits & keep_) ^ flip_;
    std::memcpy(&sum, &bits, sizeof bits);
    return sum;
  }
  vf goodness(vf sums) const { return vf((vi(sums) & keep_) ^ flip_); }
  Rank rank_of(float sum) const { return sum == sum ? sorted(goodness(sum)) : kNaN; }
  vi rank_of(vf sums) const {
    const vi bits = vi(goodness(sums));
    return sums == sums ? bits ^ ((bits >> 31) & std::numeric_limits<Rank>::max()) : vi{} + kNaN;
  }

  // An integer that sorts like a float that is a number.
  static Rank sorted(float value) {
    Rank bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits ^ ((bits >> 31) & std::numeric_limits<Rank>::max());
  }

  // The float that sorts so.
  static float value_of(Rank rank) {
    rank ^= (rank >> 31) & std::numeric_limits<Rank>::max();
    float value;
    std::memcpy(&value, &rank, sizeof value);
    return value;
  }

  bool is_taken(std::int64_t q, std::int32_t p) const {
    return std::binary_search(query_.indices + query_.indptr[q],
                              query_.indices + query_.indptr[q + 1], p);
  }

 private:
  const AbsentPairQuery& query_;
  const std::int32_t keep_ = query_.absolute ? std::numeric_limits<std::int32_t>::max() : -1;
  const std::int32_t flip_ = query_.lowest_first ? std::numeric_limits<std::int32_t>::min() : 0;
};

}  // namespace ctre::CTRE_ISA
