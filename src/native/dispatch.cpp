#include "dispatch.hpp"

#include <stdexcept>
#include <vector>

namespace ctre {
namespace {

struct Candidate {
  Kernels kernels;
  bool is_supported;
};

// Best first.
std::vector<Candidate> candidates() {
#define CTRE_KERNELS(isa) \
  Kernels { #isa, isa::train_epoch, isa::forward, isa::best_absent_pairs, isa::pair_scores }
  return {
#ifdef CTRE_X86
      {CTRE_KERNELS(avx512),
       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma")},
      {CTRE_KERNELS(avx2), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#endif
      {CTRE_KERNELS(baseline), true},
  };
#undef CTRE_KERNELS
}

}  // namespace

const Kernels& kernels_for(const std::string& isa) {
  static const std::vector<Candidate> all = candidates();
  std::string names;
  for (const auto& candidate : all) {
    if (candidate.is_supported && (isa.empty() || isa == candidate.kernels.isa))
      return candidate.kernels;
    if (candidate.is_supported)
      names += (names.empty() ? "" : ", ") + std::string(candidate.kernels.isa);
  }
  throw std::runtime_error("The environment variable CTRE_ISA must be empty or one of " + names +
                           " on this processor, got '" + isa + "'.");
}

}  // namespace ctre
