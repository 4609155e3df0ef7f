// Scores of listed places, a few samples at a time: those of a neuron are copied side by side, so
// that a pair costs two short rows. Each sum runs over the samples in one fixed order, whoever
// computes it.
#include "pair_scores.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "columns.hpp"
#include "kernel_table.hpp"
#include "memory.hpp"
#include "simd.hpp"
#include "threads.hpp"

namespace ctre::CTRE_ISA {
namespace {

constexpr int kSamples = 32;  // at a time: a row of them is two cache lines
constexpr int kVectors = kSamples / kLanes;
constexpr double kThreadWork = 4e6;  // operations worth a thread

struct Samples {
  std::int64_t begin, end;
};

// One side's samples as rows [neuron][kSamples], scaled; where there are no samples, zeros.
class SampleRows {
 public:
  SampleRows(std::int64_t n_neurons, bool normalized)
      : rows_(static_cast<std::size_t>(n_neurons * kSamples), Fill::nothing),
        scale_(static_cast<std::size_t>(n_neurons), 1.0f),
        normalized_(normalized) {}

  const float* row(std::int64_t neuron) const { return rows_.data() + neuron * kSamples; }

  void take_scales(const ColumnProfiles& profiles, Share neurons) {
    if (!normalized_) return;
    for (std::int64_t i = neurons.begin; i < neurons.end; ++i) {
      scale_[static_cast<std::size_t>(i)] = profiles.unit_scale(static_cast<std::size_t>(i));
    }
  }

  void copy_dense(const float* matrix, std::int64_t n_neurons, Samples samples, Share neurons) {
    const float* in = matrix + samples.begin * n_neurons;
    const int n_samples = static_cast<int>(samples.end - samples.begin);
    std::int64_t i = neurons.begin;
    for (; i + kLanes <= neurons.end; i += kLanes) {
      const vf scale = loadu(scale_.data() + i);
      for (int s = 0; s < kSamples; s += kLanes) {
        vf block[kLanes];
#pragma GCC unroll 16
        for (int j = 0; j < kLanes; ++j) {
          block[j] = s + j < n_samples ? scale * loadu(in + (s + j) * n_neurons + i) : vf{};
        }
        transpose(block);
#pragma GCC unroll 16
        for (int j = 0; j < kLanes; ++j) store(mutable_row(i + j) + s, block[j]);
      }
    }
    for (; i < neurons.end; ++i) {
      float* row = mutable_row(i);
      for (int s = 0; s < kSamples; ++s) {
        row[s] = s < n_samples ? scale_[static_cast<std::size_t>(i)] * in[s * n_neurons + i] : 0;
      }
    }
  }

  // CSC columns, of which `next` says how far they have been read.
  void copy_sparse(const std::int64_t* indptr, const std::int32_t* indices, const float* values,
                   std::int64_t* next, Samples samples, Share neurons) {
    for (std::int64_t i = neurons.begin; i < neurons.end; ++i) {
      float* row = mutable_row(i);
      std::fill_n(row, kSamples, 0.0f);
      for (; next[i] < indptr[i + 1] && indices[next[i]] < samples.end; ++next[i]) {
        // Repeated entries add up.
        row[indices[next[i]] - samples.begin] +=
            scale_[static_cast<std::size_t>(i)] * values[next[i]];
      }
    }
  }

 private:
  float* mutable_row(std::int64_t neuron) { return rows_.data() + neuron * kSamples; }

  Floats rows_;
  std::vector<float> scale_;  // of each neuron
  const bool normalized_;
};

class PairScorer {
 public:
  explicit PairScorer(const PairScoresCall& call)
      : call_(call),
        pre_(call.n_pre, call.normalized),
        post_(call.n_post, call.normalized),
        pre_profiles_(call.normalized ? call.n_pre : 0),
        post_profiles_(call.normalized ? call.n_post : 0) {
    if (!call.pre) next_.assign(call.pre_indptr, call.pre_indptr + call.n_pre);
  }

  void work(int thread, Team& team) {
    const Share pres = share_of(call_.n_pre, thread, team.size);
    const Share posts = share_of(call_.n_post, thread, team.size);
    const Share pairs = share_of(call_.indptr[call_.n_post], thread, team.size);
    if (call_.normalized) measure(pres, posts);
    for (std::int64_t begin = 0; begin == 0 || begin < call_.n_samples; begin += kSamples) {
      const Samples samples{begin, std::min(begin + kSamples, call_.n_samples)};
      if (call_.pre) {
        pre_.copy_dense(call_.pre, call_.n_pre, samples, pres);
      } else {
        pre_.copy_sparse(call_.pre_indptr, call_.pre_indices, call_.pre_values, next_.data(),
                         samples, pres);
      }
      post_.copy_dense(call_.post, call_.n_post, samples, posts);
      team.barrier.wait();
      add_products(pairs, begin > 0);
      team.barrier.wait();
    }
    finish(pairs);
  }

 private:
  void measure(Share pres, Share posts) {
    if (call_.pre) {
      profile_columns(call_.pre, call_.n_samples, call_.n_pre, pres, pre_profiles_);
    } else {
      profile_columns(call_.pre_indptr, call_.pre_indices, call_.pre_values, pres, pre_profiles_);
    }
    profile_columns(call_.post, call_.n_samples, call_.n_post, posts, post_profiles_);
    pre_.take_scales(pre_profiles_, pres);
    post_.take_scales(post_profiles_, posts);
  }

  std::int64_t post_of(std::int64_t pair) const {
    return std::upper_bound(call_.indptr, call_.indptr + call_.n_post + 1, pair) - call_.indptr - 1;
  }

  // Writes the sums over the samples at hand, or adds them to those of earlier ones.
  void add_products(Share pairs, bool adds) const {
    if (pairs.begin == pairs.end) return;
    std::int64_t q = post_of(pairs.begin);
    for (std::int64_t first = pairs.begin; first < pairs.end; first += kLanes) {
      const int n = static_cast<int>(std::min<std::int64_t>(kLanes, pairs.end - first));
      vf products[kLanes] = {};
      for (int i = 0; i < n; ++i) {
        while (call_.indptr[q + 1] <= first + i) ++q;
        const float* pre = pre_.row(call_.indices[first + i]);
        const float* post = post_.row(q);
        vf product = load(pre) * load(post);
        for (int v = 1; v < kVectors; ++v) {
          product += load(pre + v * kLanes) * load(post + v * kLanes);
        }
        products[i] = product;
      }
      const vf sums = sum_lanes(products);
      float* out = call_.out + first;
      if (n == kLanes) {
        storeu(out, adds ? loadu(out) + sums : sums);
      } else {
        for (int i = 0; i < n; ++i) out[i] = adds ? out[i] + sums[i] : sums[i];
      }
    }
  }

  void finish(Share pairs) const {
    if (pairs.begin == pairs.end) return;
    std::int64_t q = post_of(pairs.begin);
    for (std::int64_t k = pairs.begin; k < pairs.end; ++k) {
      while (call_.indptr[q + 1] <= k) ++q;
      float score = call_.out[k];
      if (call_.pre_offset) score += call_.pre_offset[call_.indices[k]];
      if (call_.post_offset) score += call_.post_offset[q];
      call_.out[k] = call_.absolute ? std::fabs(score) : score;
    }
  }

  const PairScoresCall& call_;
  SampleRows pre_, post_;
  ColumnProfiles pre_profiles_, post_profiles_;
  std::vector<std::int64_t> next_;
};

}  // namespace

void pair_scores(const PairScoresCall& call) {
  const auto n_pairs = static_cast<double>(call.indptr[call.n_post]);
  const double n_operations = static_cast<double>(call.n_samples) *
                              (n_pairs + static_cast<double>(call.n_pre + call.n_post));
  const int n_threads =
      static_cast<int>(std::min<double>(call.n_threads, 1 + n_operations / kThreadWork));
  PairScorer scorer(call);
  run_team(n_threads, [&](int thread, Team& team) { scorer.work(thread, team); });
}

}  // namespace ctre::CTRE_ISA
