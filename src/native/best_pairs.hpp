// The best pairs found so far, shared by the threads of a search.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

namespace ctre::CTRE_ISA {

// A score as an integer that sorts like it, the better the higher; NaN below all scores.
using Rank = std::int32_t;
inline constexpr Rank kTaken = std::numeric_limits<Rank>::min();  // below NaN, never chosen
inline constexpr Rank kNaN = kTaken + 1;

struct Pair {
  Rank rank;
  std::int64_t key;
};

// A total order: the outcome of a search does not depend on who finds a pair when.
struct Better {
  bool operator()(const Pair& a, const Pair& b) const {
    return a.rank > b.rank || (a.rank == b.rank && a.key < b.key);
  }
};

class BestPairs {
 public:
  explicit BestPairs(std::int64_t count) : count_(static_cast<std::size_t>(count)) {
    pairs_.reserve(count_ + std::max<std::size_t>(count_, 4096));
  }

  // Pairs of this rank or less cannot be among the best if their keys are `first_key` or more.
  Rank bound(std::int64_t first_key) const {
    const Rank rank = rank_.load(std::memory_order_acquire);
    return first_key > key_.load(std::memory_order_relaxed) ? rank : rank - 1;
  }

  void add(const Pair* begin, const Pair* end) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (; begin != end; ++begin) {
      if (!Better{}(*begin, worst_)) continue;
      if (pairs_.size() == pairs_.capacity()) keep_best();
      pairs_.push_back(*begin);
    }
  }

  // The best, in no order; fewer than `count` if fewer were added.
  const std::vector<Pair>& pairs() {
    if (pairs_.size() > count_) keep_best();
    return pairs_;
  }

 private:
  void keep_best() {
    const auto worst = pairs_.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::nth_element(pairs_.begin(), worst, pairs_.end(), Better{});
    pairs_.resize(count_);
    publish(*worst);
  }

  // A reader that sees the new rank sees the new key too; the old rank with the new key only lets
  // more pass than must.
  void publish(const Pair& worst) {
    worst_ = worst;
    key_.store(worst.key, std::memory_order_relaxed);
    rank_.store(worst.rank, std::memory_order_release);
  }

  const std::size_t count_;
  std::mutex mutex_;
  std::vector<Pair> pairs_;
  Pair worst_{kTaken, -1};  // of `count_` known pairs: others must be better
  std::atomic<Rank> rank_{worst_.rank};
  std::atomic<std::int64_t> key_{worst_.key};
};

}  // namespace ctre::CTRE_ISA
