// How fast this processor does the two things that training is made of: it multiplies and adds
// vectors in registers, and it reads whole rows of a tile at random. For benchmarks/bound.py.
//
// Prints lines "name nanoseconds", each per vector.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float vf __attribute__((vector_size(4 * kLanes), may_alias));

constexpr int kVectors = 4;  // in a row, as in training
constexpr int kRounds = 30;

namespace {

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double fastest(Work work) {
  double least = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double started = processor_seconds();
    work();
    least = std::min(least, processor_seconds() - started);
  }
  return least;
}

void keep(vf x) {
  volatile float sink = x[0];
  (void)sink;
}

double multiply_add() {
  constexpr int kChains = 10, kTimes = 200'000;  // as many as hide the latency
  const double seconds = fastest([] {
    vf sums[kChains], factor = vf{} + 0.999f, value = vf{} + 1e-3f;
    for (int c = 0; c < kChains; ++c) sums[c] = vf{} + static_cast<float>(c);
    for (int i = 0; i < kTimes; ++i) {
#pragma GCC unroll 16
      for (int c = 0; c < kChains; ++c) sums[c] = sums[c] * factor + value;
    }
    for (int c = 1; c < kChains; ++c) sums[0] += sums[c];
    keep(sums[0]);
  });
  return 1e9 * seconds / (double{kChains} * kTimes);
}

// One multiply-add for each vector read, as going forward.
double read_rows(int n_rows) {
  constexpr int kReads = 200'000;
  const std::size_t size = static_cast<std::size_t>(n_rows) * kVectors * kLanes;
  const std::size_t n_bytes = (size * sizeof(float) / (2 << 20) + 1) * (2 << 20);
  float* rows = static_cast<float*>(std::aligned_alloc(2 << 20, n_bytes));
  std::fill_n(rows, size, 1.0f);
  std::mt19937 random;
  std::vector<int> order(kReads);
  for (int& row : order) row = static_cast<int>(random() % static_cast<unsigned>(n_rows));
  std::vector<float> weights(kReads, 0.5f);
  const double seconds = fastest([&] {
    vf sums[2][kVectors] = {};
    for (int i = 0; i < kReads; i += 2) {
      const float* one = rows + static_cast<std::size_t>(order[i]) * kVectors * kLanes;
      const float* two = rows + static_cast<std::size_t>(order[i + 1]) * kVectors * kLanes;
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        sums[0][v] += weights[i] * reinterpret_cast<const vf*>(one)[v];
        sums[1][v] += weights[i + 1] * reinterpret_cast<const vf*>(two)[v];
      }
    }
    for (int v = 0; v < kVectors; ++v) keep(sums[0][v] + sums[1][v]);
  });
  std::free(rows);
  return 1e9 * seconds / (double{kReads} * kVectors);
}

}  // namespace

int main() {
  std::printf("lanes %d\n", kLanes);
  std::printf("multiply_add %.4f\n", multiply_add());
  std::printf("read_from_l1 %.4f\n", read_rows(32));
  std::printf("read_from_layer %.4f\n", read_rows(1000));
}
