// All live pairs of a layer, block by block; each row of a block is filtered while in cache.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include "live_neurons.hpp"
#include "memory.hpp"
#include "micro_tile.hpp"

namespace ctre::CTRE_ISA {

inline constexpr std::int64_t kBlockPre = 1024, kBlockPost = 1008;  // scores of a block: 4 MB
inline constexpr std::int64_t kPackedPre = 256;   // times a chunk of samples: half of L2
inline constexpr int kFilter = 32;                // scores that a filter looks at together
inline constexpr std::int64_t kPackingCost = 16;  // of a value, in multiplications

// Equal parts of n, each a multiple of `step` but the last.
struct Parts {
  std::int64_t size = 0, number = 0;

  Parts() = default;
  Parts(std::int64_t n, std::int64_t largest, std::int64_t step, std::int64_t wanted) {
    wanted = std::max(wanted, (n + largest - 1) / largest);
    size = round_up((n + wanted - 1) / wanted, step);
    number = (n + size - 1) / size;
  }
};

// Blocks of pairs, each for one thread: of those that keep all threads busy, the cheapest.
struct Grid {
  Parts pre, post;

  Grid(std::int64_t n_pre, std::int64_t n_post, int n_threads) {
    double least = std::numeric_limits<double>::infinity();
    for (int wanted = 1; wanted <= n_threads; ++wanted) {
      const Parts some_pre(n_pre, kBlockPre, kMicroPre, wanted);
      const Parts some_post(n_post, kBlockPost, kMicroPost,
                            (n_threads + some_pre.number - 1) / some_pre.number);
      const std::int64_t rounds = (some_pre.number * some_post.number + n_threads - 1) / n_threads;
      const double cost =
          static_cast<double>(rounds * (some_pre.size * some_post.size +
                                        kPackingCost * (some_pre.size + some_post.size)));
      if (cost >= least) continue;
      least = cost;
      pre = some_pre;
      post = some_post;
    }
  }
};

// `Product` says how samples are packed and multiplied; see ExactProduct.
template <class Product>
class BlockWalk {
 public:
  BlockWalk(const Product& product, std::int64_t n_samples, const Side& pre, const Side& post,
            int n_threads)
      : product_(product),
        n_samples_(n_samples),
        pre_(pre),
        post_(post),
        grid_(pre.live.size(), post.live.size(), n_threads) {}

  // What one thread works with.
  struct Workspace {
    typename Product::Panels panels;
    Floats scores;
  };
  Workspace workspace() const {
    const std::int64_t n_rows = has_sums() ? grid_.post.size : kMicroPost;
    return {product_.panels(kPackedPre, grid_.post.size),
            Floats(static_cast<std::size_t>(grid_.pre.size * n_rows + kFilter), Fill::nothing)};
  }

  // Scores the blocks that no other thread has taken. `filter(q, first, n, scores)` is called for
  // each postsynaptic neuron q with its scores with n live presynaptic ones from `first` on; behind
  // them lies memory for a whole kFilter.
  template <class Filter>
  void run(Workspace& work, Filter&& filter) {
    const std::int64_t n_blocks = grid_.pre.number * grid_.post.number;
    for (std::int64_t block; (block = next_block_.fetch_add(1)) < n_blocks;) {
      score_block(work, block / grid_.post.number, block % grid_.post.number, filter);
    }
  }

 private:
  template <class Filter>
  void score_block(Workspace& work, std::int64_t pre_part, std::int64_t post_part,
                   Filter& filter) const {
    const std::int64_t pre_begin = pre_part * grid_.pre.size;
    const std::int64_t pre_end = std::min(pre_begin + grid_.pre.size, pre_.live.size());
    const std::int64_t post_begin = post_part * grid_.post.size;
    const std::int64_t n_post = std::min(grid_.post.size, post_.live.size() - post_begin);
    for (std::int64_t begin = 0; begin < n_samples_; begin += kChunk) {
      const std::int64_t end = std::min(begin + kChunk, n_samples_);
      product_.pack_post(work.panels, begin, end, post_begin, n_post);
      for (std::int64_t first = pre_begin; first < pre_end; first += kPackedPre) {
        const std::int64_t n_pre = std::min(kPackedPre, pre_end - first);
        product_.pack_pre(work.panels, begin, end, first, n_pre);
        for (std::int64_t i = 0; i < n_post; i += kMicroPost) {
          float* scores =
              work.scores.data() + (has_sums() ? i : 0) * grid_.pre.size + (first - pre_begin);
          product_.multiply(work.panels, begin, end, n_pre, i, scores, grid_.pre.size);
          if (end < n_samples_) continue;
          for (std::int64_t row = i; row < std::min(i + kMicroPost, n_post);
               ++row, scores += grid_.pre.size) {
            filter(post_.live.index[static_cast<std::size_t>(post_begin + row)], first, n_pre,
                   scores);
          }
        }
      }
    }
  }

  // Whether scores are kept from one chunk of samples to the next.
  bool has_sums() const { return n_samples_ > kChunk; }

  const Product& product_;
  const std::int64_t n_samples_;
  const Side& pre_;
  const Side& post_;
  const Grid grid_;
  std::atomic<std::int64_t> next_block_{0};
};

}  // namespace ctre::CTRE_ISA
