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
  CoarseFilter(const AbsentPairQuery& query, const Scoring& scoring, const Side& pre,
               const Side& post, const Wholes& pre_wholes, const Wholes& post_wholes,
               Candidates& candidates)
      : scoring_(scoring),
        pre_(pre),
        post_(post),
        pre_wholes_(pre_wholes),
        post_wholes_(post_wholes),
        candidates_(candidates),
        rounding_(kEpsilon * static_cast<float>(kChunk + query.n_samples / kWholeSamples + 16)) {}

  void operator()(std::int64_t q, std::int64_t first, std::int64_t n, const float* sums) {
    if (first != first_) look_at(first, n);
    const Post post(*this, q);
    const Rank bound = candidates_.bound();
    const float floor =
        bound == kTaken ? -std::numeric_limits<float>::infinity() : Scoring::value_of(bound + 1);
    for (std::int64_t begin = 0; begin < n; begin += kFilter) {
      std::uint32_t promising = 0;
      for (int v = 0; v < kFilter / kLanes; ++v) {
        const std::int64_t at = begin + v * kLanes;
        const vf most = good(post, loadu(sums + at), at) + margin(post, at);
        promising |= signs_of(most >= floor) << (v * kLanes);
      }
      if (n - begin < kFilter) promising &= (std::uint32_t{1} << (n - begin)) - 1;
      if (promising == 0) continue;
      if (n_found_ > kFound - kFilter) hand_over();
      for (; promising != 0; promising &= promising - 1) {
        keep(post, q, begin + __builtin_ctz(promising), sums);
      }
    }
  }

  void hand_over() {
    candidates_.add(found_, found_ + n_found_);
    n_found_ = 0;
  }

 private:
  static constexpr float kEpsilon = std::numeric_limits<float>::epsilon();

  // What the bounds of a score need of its postsynaptic neuron …
  struct Post {
    Post(const CoarseFilter& filter, std::int64_t q) {
      const auto post =
          static_cast<std::size_t>(filter.post_.position[static_cast<std::size_t>(q)]);
      const Wholes& wholes = filter.post_wholes_;
      step = wholes.step[post];
      offset = filter.scoring_.post_offset(q);
      reach = wholes.length[post] + wholes.error[post];
      error = wholes.error[post] + filter.rounding_ * wholes.length[post];
      slack = 4 * kEpsilon * magnitude(offset) + std::numeric_limits<float>::min();
    }
    float step, offset, reach, error, slack;
  };
  // … and of n presynaptic ones, whole vectors of them.
  void look_at(std::int64_t first, std::int64_t n) {
    first_ = first;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto pre = static_cast<std::size_t>(first + i);
      step_[i] = pre_wholes_.step[pre];
      length_[i] = pre_wholes_.length[pre];
      error_[i] = pre_wholes_.error[pre];
      offset_[i] = pre_.live.offset[pre];
      slack_[i] = 4 * kEpsilon * magnitude(offset_[i]);
    }
  }
  vf good(const Post& post, vf sums, std::int64_t at) const {
    return scoring_.goodness(sums * (load(step_ + at) * post.step) + load(offset_ + at) +
                             post.offset);
  }
  vf margin(const Post& post, std::int64_t at) const {
    return load(error_ + at) * post.reach + load(length_ + at) * post.error + load(slack_ + at) +
           post.slack;
  }

  void keep(const Post& post, std::int64_t q, std::int64_t i, const float* sums) {
    const std::int32_t p = pre_.live.index[static_cast<std::size_t>(first_ + i)];
    if (scoring_.is_taken(q, p)) return;
    const std::int64_t at = i / kLanes * kLanes;
    const vf middle = good(post, loadu(sums + at), at), reach = margin(post, at);
    const float least = (middle - reach)[i - at], most = (middle + reach)[i - at];
    found_[n_found_++] = {Scoring::sorted(least), Scoring::sorted(most), scoring_.key(q, p)};
  }

  const Scoring scoring_;  // a copy, which nothing written can alias
  const Side& pre_;
  const Side& post_;
  const Wholes& pre_wholes_;
  const Wholes& post_wholes_;
  Candidates& candidates_;
  const float rounding_;
  std::int64_t first_ = -1;
  alignas(64) float step_[kPackedPre], length_[kPackedPre], error_[kPackedPre], offset_[kPackedPre],
      slack_[kPackedPre];
  Candidate found_[kFound];
  int n_found_ = 0;
};

}  // namespace ctre::CTRE_ISA
