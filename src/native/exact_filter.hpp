// Picks the pairs that may be among the best from rows of scores.
#pragma once

#include "block_walk.hpp"
#include "scoring.hpp"

namespace ctre::CTRE_ISA {

inline constexpr int kFound = 256;  // pairs a thread hands over at once

static_assert(kPackedPre % kMicroPre == 0 && kPackedPre % kFilter == 0);
static_assert(kFilter % kLanes == 0 && kFilter <= 32);  // a bit each

// One thread's, over a list that all share.
class ExactFilter {
 public:
  ExactFilter(const AbsentPairQuery& query, const Scoring& scoring, const Side& pre,
              const Side& post, BestPairs& best)
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

  void filter(std::int64_t q, const Neurons& list, std::int64_t first, std::int64_t n,
              const float* sums) {
    const std::int32_t* index = list.index.data() + first;
    const float offset = scoring_.post_offset(q);
    const Rank bound = best_.bound(scoring_.key(q, index[0]));
    for (std::int64_t begin = 0; begin < n; begin += kFilter) {
      const auto width = static_cast<int>(std::min<std::int64_t>(kFilter, n - begin));
      const float* pre_offset = list.offset.data() + first + begin;
      float last[kFilter];
      if (width < kFilter) {
        std::copy_n(pre_offset, width, last);
        std::fill(last + width, last + kFilter, 0.0f);
        pre_offset = last;
      }
      alignas(64) Rank ranks[kFilter];
      std::uint32_t better = 0;
      for (int i = 0; i < kFilter; i += kLanes) {
        const vi rank = scoring_.rank_of(loadu(sums + begin + i) + loadu(pre_offset + i) + offset);
        better |= signs_of(rank > bound) << i;
        std::memcpy(ranks + i, &rank, sizeof rank);
      }
      if (width < kFilter) better &= (std::uint32_t{1} << width) - 1;
      if (better == 0) continue;
      if (n_found_ > kFound - kFilter) hand_over();
      for (; better != 0; better &= better - 1) {
        const int i = __builtin_ctz(better);
        const std::int32_t p = index[begin + i];
        if (!scoring_.is_taken(q, p)) found_[n_found_++] = {ranks[i], scoring_.key(q, p)};
      }
    }
  }

  const AbsentPairQuery& query_;
  const Scoring scoring_;  // a copy, which nothing written can alias
  const Side& pre_;
  const Side& post_;
  BestPairs& best_;
  Pair found_[kFound];  // on their way to the shared list
  int n_found_ = 0;
};

}  // namespace ctre::CTRE_ISA
