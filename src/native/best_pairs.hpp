// The best pairs found so far, shared by the threads of a search.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

namespace ctre {

// A score as an integer that sorts like it, the better the higher; NaN below all scores.
using Rank = std::int32_t;
inline constexpr Rank kTaken = std::numeric_limits<Rank>::min();  // below NaN, never chosen
inline constexpr Rank kNaN = kTaken + 1;

struct Pair {
  Rank rank;
  std::int64_t key;
};

// Total order: the outcome of a search does not depend on who finds a pair when.
inline bool better(const Pair& a, const Pair& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.key < b.key;
}

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
      if (!better(*begin, {rank_.load(std::memory_order_relaxed), key_.load(std::memory_order_relaxed)})) continue;
      if (pairs_.size() == pairs_.capacity()) keep_best();
      pairs_.push_back(*begin);
    }
  }

  void clear() {
    pairs_.clear();
    key_.store(-1);
    rank_.store(kTaken);
  }

  // The keys of the best, ascending.
  void write_keys(std::int64_t* keys) {
    keep_best();
    for (std::size_t i = 0; i < count_; ++i) keys[i] = pairs_[i].key;
    std::sort(keys, keys + count_);
  }

 private:
  void keep_best() {
    const auto worst = pairs_.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::nth_element(pairs_.begin(), worst, pairs_.end(), better);
    // A reader that sees the new rank sees the new key too; an old rank with a new key is only
    // less strict than it could be.
    key_.store(worst->key, std::memory_order_relaxed);
    rank_.store(worst->rank, std::memory_order_release);
    pairs_.resize(count_);
  }

  const std::size_t count_;
  std::mutex mutex_;
  std::vector<Pair> pairs_;
  std::atomic<Rank> rank_{kTaken};  // the worst of `count_` pairs known, which others must beat
  std::atomic<std::int64_t> key_{-1};
};

}  // namespace ctre
