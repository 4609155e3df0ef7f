// The kernels, listed once. A kernel `name` has its body in kernels/name.cpp, which is compiled for
// every instruction set; the declarations of these bodies and the table to choose from are made
// from the list.
#pragma once

#include <cstdint>
#include <string>

namespace ctre {

struct TrainCall;
struct EpochTotals;
struct ForwardCall;
struct LayerForwardCall;
struct LayerBackwardCall;
struct AbsentPairQuery;
struct PairScoresCall;

// KERNEL(result, name, parameters). They throw std::bad_alloc before they change anything.
#define CTRE_KERNELS(KERNEL)                                                          \
  KERNEL(EpochTotals, train_epoch, (const TrainCall& call))                           \
  KERNEL(void, forward, (const ForwardCall& call))                                    \
  KERNEL(void, layer_forward, (const LayerForwardCall& call))                         \
  KERNEL(void, layer_backward, (const LayerBackwardCall& call))                       \
  KERNEL(void, best_absent_pairs, (const AbsentPairQuery& query, std::int64_t* keys)) \
  KERNEL(void, pair_scores, (const PairScoresCall& call))

#define CTRE_BODY(result, name, parameters) result name parameters;
namespace baseline {
CTRE_KERNELS(CTRE_BODY)
}
namespace avx2 {
CTRE_KERNELS(CTRE_BODY)
}
namespace avx512 {
CTRE_KERNELS(CTRE_BODY)
}
#undef CTRE_BODY

// Those of one instruction set.
struct Kernels {
  const char* isa;
  int n_lanes;  // floats in a vector
#define CTRE_POINTER(result, name, parameters) result(*name) parameters;
  CTRE_KERNELS(CTRE_POINTER)
#undef CTRE_POINTER
};

// By name, or the best ones for an empty name. Throws std::runtime_error for a name that is not
// known or that the processor lacks.
const Kernels& kernels_for(const std::string& isa);

// Those of the shortest vectors, no longer than those of `widest`, that hold so many samples.
const Kernels& narrowed(const Kernels& widest, std::int64_t n_samples);

}  // namespace ctre
