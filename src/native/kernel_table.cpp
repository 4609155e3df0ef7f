#include "kernel_table.hpp"

#include <stdexcept>
#include <vector>

namespace ctre {
namespace {

struct Candidate {
  Kernels kernels;
  bool is_supported;
};

#define CTRE_ADDRESS(result, name, parameters) name,
#define CTRE_KERNELS_OF(isa, n_lanes)                          \
  [] {                                                         \
    using namespace isa;                                       \
    return Kernels{#isa, n_lanes, CTRE_KERNELS(CTRE_ADDRESS)}; \
  }()

// Best first, which is widest first.
const std::vector<Candidate>& candidates() {
  static const std::vector<Candidate> all = {
#ifdef CTRE_X86
      {CTRE_KERNELS_OF(avx512, 16),
       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma")},
      {CTRE_KERNELS_OF(avx2, 8), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#endif
      {CTRE_KERNELS_OF(baseline, 4), true},
  };
  return all;
}

#undef CTRE_ADDRESS
#undef CTRE_KERNELS_OF

}  // namespace

const Kernels& kernels_for(const std::string& isa) {
  std::string names;
  for (const auto& candidate : candidates()) {
    if (candidate.is_supported && (isa.empty() || isa == candidate.kernels.isa))
      return candidate.kernels;
    if (candidate.is_supported)
      names += (names.empty() ? "" : ", ") + std::string(candidate.kernels.isa);
  }
  throw std::runtime_error("The environment variable CTRE_ISA must be empty or one of " + names +
                           " on this processor, got '" + isa + "'.");
}

const Kernels& narrowed(const Kernels& widest, std::int64_t n_samples) {
  const Kernels* chosen = &widest;
  for (const auto& [kernels, is_supported] : candidates()) {
    if (is_supported && kernels.n_lanes <= widest.n_lanes && kernels.n_lanes >= n_samples)
      chosen = &kernels;
  }
  return *chosen;
}

}  // namespace ctre
