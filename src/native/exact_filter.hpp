// Picks the pairs that may be among the best from rows of scores.
#pragma once

#include "block_walk.hpp"
#include "scoring.hpp"

namespace ctre::CTRE_ISA {

inline constexpr int kFilter = 32;  // scores compared at once
inline constexpr int kFound = 256;  // pairs a thread hands over at once

static_assert(kPackedPre % kTilePre == 0 && kPackedPre % kFilter == 0);

// One thread's, over a list that all share.
class ExactFilter {
 public:
  ExactFilter(const AbsentPairQuery& query, const Scoring& scoring, const Side& pre, const Side& post,
              BestPairs& best)
      : query_(query), scoring_(scoring), pre_(pre), post_(post), best_(best) {}

  // Postsynaptic neuron q with n live presynaptic ones from `first` on.
  void operator()(std::int64_t q, std::int64_t first, std::int64_t n, const float* sums) {
    filter(q, pre_.live, first, n, sums);
  }

  // Dead neurons take no part in the product: with finite partners, their scores are the offsets.
  void score_dead(std::int64_t q) {
    score_dead(q, pre_.dead);
    if (!post_.is_live[static_cast<std::size_t>(q)]) score_dead(q, pre_.live);
  }

  void hand_over() {
    best_.add(found_, found_ + n_found_);
    n_found_ = 0;
  }

 private:
  void score_dead(std::int64_t q, const Neurons& list) {
    alignas(64) static constexpr float kZeros[kPackedPre] = {};
    if (list.size() == 0) return;
    const bool all_alike = !query_.pre_offset;
    const Rank rank = scoring_.rank_of(0.0f + scoring_.post_offset(q));
    if (all_alike && rank <= best_.bound(scoring_.key(q, list.index[0]))) return;
    for (std::int64_t first = 0; first < list.size(); first += kPackedPre) {
      filter(q, list, first, std::min(kPackedPre, list.size() - first), kZeros);
    }
  }

  void filter(std::int64_t q, const Neurons& list, std::int64_t first, std::int64_t n, const float* sums) {
    const std::int32_t* index = list.index.data() + first;
    const float* pre_offset = list.offset.data() + first;
    const float offset = scoring_.post_offset(q);
    const Rank bound = best_.bound(scoring_.key(q, index[0]));
    const Scoring scoring = scoring_;  // a copy, which the ranks written cannot alias
    Rank top = kTaken;
    for (std::int64_t i = 0; i < n; ++i) {
      const Rank rank = scoring.rank_of(sums[i] + pre_offset[i] + offset);
      ranks_[i] = rank;
      top = std::max(top, rank);
    }
    if (top <= bound) return;
    std::fill(ranks_ + n, ranks_ + round_up(n, kFilter), kTaken);
    scoring_.mark_taken(q, list, first, n, ranks_);
    for (std::int64_t group = 0; group < n; group += kFilter) {
      const Rank* ranks = ranks_ + group;
      Rank top_here = kTaken;
      for (int i = 0; i < kFilter; ++i) top_here = std::max(top_here, ranks[i]);
      if (top_here <= bound) continue;
      if (n_found_ > kFound - kFilter) hand_over();
      for (int i = 0; i < kFilter; ++i) {  // without a branch, which would be mispredicted
        found_[n_found_] = {ranks[i], scoring_.key(q, index[std::min(group + i, n - 1)])};
        n_found_ += ranks[i] > bound;
      }
    }
  }

  const AbsentPairQuery& query_;
  const Scoring& scoring_;
  const Side& pre_;
  const Side& post_;
  BestPairs& best_;
  Rank ranks_[kPackedPre];
  Pair found_[kFound];  // on their way to the shared list
  int n_found_ = 0;
};

}  // namespace ctre::CTRE_ISA
