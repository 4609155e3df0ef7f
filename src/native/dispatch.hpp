// The kernels of the best instruction set that this processor has.
#pragma once

#include <string>

#include "call.hpp"
#include "pair_scores.hpp"
#include "similarity.hpp"

namespace ctre {

struct Kernels {
  const char* isa;
  int n_lanes;  // floats in a vector
  EpochTotals (*train_epoch)(const TrainCall&);
  void (*forward)(const ForwardCall&);
  void (*best_absent_pairs)(const AbsentPairQuery&, std::int64_t* keys);
  void (*pair_scores)(const PairScoresCall&);
};

// By name, or the best one for an empty name. Throws std::runtime_error for a name that is not
// known or that the processor lacks.
const Kernels& kernels_for(const std::string& isa);

// Those of the shortest vectors, no longer than those of `widest`, that hold so many samples.
const Kernels& narrowed(const Kernels& widest, std::int64_t n_samples);

}  // namespace ctre
