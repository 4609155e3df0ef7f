// Picks the pairs that may be among the best from rows of coarse scores.
#pragma once

#include "candidates.hpp"
#include "coarse_product.hpp"
#include "exact_filter.hpp"

namespace ctre::CTRE_ISA {

// One thread's, over candidates that all share. For columns a and b, rounded to a' and b',
//
//   |a·b − a'·b'| ≤ ‖a−a'‖ (‖b‖ + ‖b−b'‖) + ‖a‖ ‖b−b'‖
//
// and the exact search is itself off by the rounding of its float sums.
class CoarseFilter {
 public:
  CoarseFilter(const AbsentPairQuery& query, const Scoring& scoring, const Side& pre, const Side& post,
               const Wholes& pre_wholes, const Wholes& post_wholes, Candidates& candidates)
      : scoring_(scoring),
        pre_(pre),
        post_(post),
        pre_wholes_(pre_wholes),
        post_wholes_(post_wholes),
        candidates_(candidates),
        rounding_(kEpsilon * static_cast<float>(kChunk + query.n_samples / kChunk + 16)) {}

  void operator()(std::int64_t q, std::int64_t first, std::int64_t n, const float* sums) {
    const auto post = static_cast<std::size_t>(post_.position[static_cast<std::size_t>(q)]);
    const float step = post_wholes_.step[post], offset = scoring_.post_offset(q);
    const float reach = post_wholes_.length[post] + post_wholes_.error[post];
    const float error = post_wholes_.error[post] + rounding_ * post_wholes_.length[post];
    const float slack = 4 * kEpsilon * magnitude(offset) + std::numeric_limits<float>::min();
    const float* pre_step = pre_wholes_.step.data() + first;
    const float* pre_length = pre_wholes_.length.data() + first;
    const float* pre_error = pre_wholes_.error.data() + first;
    const float* pre_offset = pre_.live.offset.data() + first;
    const Rank bound = candidates_.bound();
    Rank top = kTaken;
    for (std::int64_t i = 0; i < n; ++i) {
      const float good = scoring_.goodness(sums[i] * (pre_step[i] * step) + pre_offset[i] + offset);
      const float margin = pre_error[i] * reach + pre_length[i] * error + 4 * kEpsilon * magnitude(pre_offset[i]) + slack;
      most_[i] = Scoring::sorted(good + margin);
      least_[i] = Scoring::sorted(good - margin);
      top = std::max(top, most_[i]);
    }
    if (top <= bound) return;
    std::fill(most_ + n, most_ + round_up(n, kFilter), kTaken);
    scoring_.mark_taken(q, pre_.live, first, n, most_);
    const std::int32_t* index = pre_.live.index.data() + first;
    for (std::int64_t group = 0; group < n; group += kFilter) {
      Rank top_here = kTaken;
      for (int i = 0; i < kFilter; ++i) top_here = std::max(top_here, most_[group + i]);
      if (top_here <= bound) continue;
      if (n_found_ > kFound - kFilter) hand_over();
      for (std::int64_t i = group; i < group + kFilter; ++i) {
        found_[n_found_] = {least_[i], most_[i], scoring_.key(q, index[std::min(i, n - 1)])};
        n_found_ += most_[i] > bound;
      }
    }
  }

  void hand_over() {
    candidates_.add(found_, found_ + n_found_);
    n_found_ = 0;
  }

 private:
  static constexpr float kEpsilon = std::numeric_limits<float>::epsilon();

  const Scoring& scoring_;
  const Side& pre_;
  const Side& post_;
  const Wholes& pre_wholes_;
  const Wholes& post_wholes_;
  Candidates& candidates_;
  const float rounding_;
  Rank least_[kPackedPre], most_[kPackedPre];
  Candidate found_[kFound];
  int n_found_ = 0;
};

}  // namespace ctre::CTRE_ISA
