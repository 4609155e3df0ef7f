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
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>
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
  static constexpr int kSpins = 500;  // ten to twenty microseconds
  const int n_threads_;
  std::atomic<int> arrived_{0};
  std::atomic<std::uint32_t> phase_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

// Who works together on one call.
struct Team {
  explicit Team(int n_members) : size(n_members), barrier(n_members) {}
  const int size;
  Barrier barrier;
};

// Runs `body` on n_threads threads, the calling one being number 0, and returns when all are done.
// `body` must not throw. It is called in one of two forms:
//
//   body(thread, team)   members meet at team.barrier; where the system refuses a thread, the team
//                        is smaller than asked for
//   body(thread)         independent shares of n_threads; the caller does those of refused threads
template <class Body>
void run_team(int n_threads, Body&& body) {
  constexpr bool meets = std::is_invocable_v<Body&, int, Team&>;
  std::promise<Team*> ready;
  const std::shared_future<Team*> team_ready = ready.get_future().share();
  const auto work = [&body](int thread, Team& team) {
    if constexpr (meets) {
      body(thread, team);
    } else {
      body(thread);
      (void)team;
    }
  };
  std::vector<std::thread> helpers;
  helpers.reserve(static_cast<std::size_t>(n_threads > 1 ? n_threads - 1 : 0));
  try {
    for (int thread = 1; thread < n_threads; ++thread) {
      helpers.emplace_back([&work, team_ready, thread] { work(thread, *team_ready.get()); });
    }
  } catch (const std::exception&) {  // no more threads, or no memory for one: those we have do it
  }
  Team team(static_cast<int>(helpers.size()) + 1);
  ready.set_value(&team);
  work(0, team);
  if constexpr (!meets) {
    for (int thread = team.size; thread < n_threads; ++thread) body(thread);
  }
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
