// A team of threads for the length of one kernel call, and the barrier they meet at.
//
// Own threads instead of OpenMP: no second OpenMP runtime in the process, safe after fork(),
// nothing kept between calls; and the barrier sleeps soon instead of spinning, so that a busy
// neighbour on the machine does not stall us.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ctre {

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// All threads of a team pass together. A short spin covers balanced work; then the thread sleeps.
class Barrier {
 public:
  explicit Barrier(int n_threads) : n_threads_(n_threads) {}

  void wait() {
    if (n_threads_ == 1) return;
    const std::uint32_t phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      {
        std::lock_guard<std::mutex> lock(mutex_);
        phase_.store(phase + 1, std::memory_order_release);
      }
      wake_.notify_all();
      return;
    }
    for (int spin = 0; spin < kSpins; ++spin) {
      if (phase_.load(std::memory_order_acquire) != phase) return;
      relax();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [&] { return phase_.load(std::memory_order_relaxed) != phase; });
  }

 private:
  static constexpr int kSpins = 2000;  // some tens of microseconds
  const int n_threads_;
  std::atomic<int> arrived_{0};
  std::atomic<std::uint32_t> phase_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

// Runs body(thread) for thread = 0 … n_threads - 1, the calling thread being number 0.
// `body` must not throw. If the system refuses a thread, std::system_error leaves after the
// started ones were joined only when `body` does not wait for the missing one: so check first.
template <class Body>
void run_team(int n_threads, Body&& body) {
  std::vector<std::thread> helpers;
  helpers.reserve(static_cast<std::size_t>(n_threads > 1 ? n_threads - 1 : 0));
  for (int thread = 1; thread < n_threads; ++thread) helpers.emplace_back([&body, thread] { body(thread); });
  body(0);
  for (auto& helper : helpers) helper.join();
}

// The half-open share of n items that belongs to one thread of a team.
struct Share {
  std::int64_t begin, end;
};
inline Share share_of(std::int64_t n, int thread, int n_threads) {
  return {n * thread / n_threads, n * (thread + 1) / n_threads};
}

}  // namespace ctre
