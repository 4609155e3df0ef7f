// Pairs whose score is known to lie between two bounds, shared by the threads of a search.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "best_pairs.hpp"

namespace ctre::CTRE_ISA {

struct Candidate {
  Rank least, most;
  std::int64_t key;
};

// Keeps every pair that may be among the `count` best, and drops those that cannot.
class Candidates {
 public:
  // The best `count` of `n_pairs`.
  Candidates(std::int64_t count, std::int64_t n_pairs)
      : count_(static_cast<std::size_t>(count)),
        most_kept_(std::max(3 * count_ + 2048, static_cast<std::size_t>(
                                                   std::min(n_pairs / kPairsPerSum, kMostPairs)))) {
    pairs_.reserve(most_kept_);  // now, as the threads that add must not run out of memory
  }

  // A pair that reaches at most this rank cannot be among the best.
  Rank bound() const { return bound_.load(std::memory_order_relaxed); }

  // Too many pairs are too close together to be told apart by their bounds.
  bool has_overflowed() const { return overflowed_.load(std::memory_order_relaxed); }

  void add(const Candidate* begin, const Candidate* end) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (; begin != end; ++begin) {
      if (begin->most <= bound() || has_overflowed()) continue;
      if (pairs_.size() == tighten_at_) {
        tighten();
        // A bound found soon keeps most pairs away; half as many again are worth the next one.
        tighten_at_ = std::max(tighten_at_, pairs_.size() + pairs_.size() / 2);
        overflowed_.store(tighten_at_ > most_kept_, std::memory_order_relaxed);
      }
      pairs_.push_back(*begin);
    }
  }

  // Splits what is left: the keys of pairs that are among the best for sure, and the pairs whose
  // scores must decide about the other places.
  void settle(std::vector<std::int64_t>& sure, std::vector<Pair>& unsure) {
    tighten();
    Rank rival = kTaken;  // what the pairs behind the first `count` reach
    if (pairs_.size() > count_) {
      const auto border = pairs_.begin() + static_cast<std::ptrdiff_t>(count_);
      std::nth_element(pairs_.begin(), border, pairs_.end(),
                       [](const Candidate& a, const Candidate& b) { return a.most > b.most; });
      rival = border->most;
    }
    for (const Candidate& pair : pairs_) {
      if (pair.least > rival) {
        sure.push_back(pair.key);
      } else {
        unsure.push_back({pair.least, pair.key});
      }
    }
  }

 private:
  void tighten() {
    if (pairs_.size() < count_) return;
    const auto worst = pairs_.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::nth_element(pairs_.begin(), worst, pairs_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.least > b.least; });
    const Rank least = worst->least;
    pairs_.erase(std::remove_if(pairs_.begin(), pairs_.end(),
                                [least](const Candidate& pair) { return pair.most < least; }),
                 pairs_.end());
    bound_.store(least - 1, std::memory_order_relaxed);
  }

  // One pair's exact sum, alone, costs as much as so many pairs in an exact search.
  static constexpr std::int64_t kPairsPerSum = 64;
  static constexpr std::int64_t kMostPairs = 1 << 18;  // 4 MB

  const std::size_t count_, most_kept_;
  std::size_t tighten_at_ = 2 * count_ + 512;
  std::mutex mutex_;
  std::vector<Candidate> pairs_;
  std::atomic<Rank> bound_{kTaken};
  std::atomic<bool> overflowed_{false};
};

}  // namespace ctre::CTRE_ISA
