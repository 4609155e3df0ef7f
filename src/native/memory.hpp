// Memory on cache-line boundaries; much of it on large pages, where the system has them, since rows
// are read at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ctre {

inline constexpr std::size_t kLine = 64;  // bytes
inline constexpr std::size_t kLineFloats = kLine / sizeof(float);

inline std::size_t whole_lines(std::size_t n_floats) {
  return (n_floats + kLineFloats - 1) / kLineFloats * kLineFloats;
}

enum class Fill { zeros, nothing };

// Numbers of four bytes.
template <class T>
class Lines {
  static_assert(sizeof(T) == sizeof(float));

 public:
  Lines() = default;
  explicit Lines(std::size_t size, Fill fill = Fill::zeros) {
    const std::size_t n_bytes = whole_lines(size + 1) * sizeof(T);
    const auto alignment = std::align_val_t{n_bytes < 2 * kLargePage ? kLine : kLargePage};
    data_ = {static_cast<T*>(::operator new(n_bytes, alignment)), Free{alignment}};
#if defined(__linux__)
    if (n_bytes >= 2 * kLargePage) madvise(data_.get(), n_bytes, MADV_HUGEPAGE);
#endif
    if (fill == Fill::zeros) std::memset(data_.get(), 0, n_bytes);
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }

 private:
  static constexpr std::size_t kLargePage = std::size_t{2} << 20;  // bytes
  struct Free {
    std::align_val_t alignment;
    void operator()(T* data) const { ::operator delete(data, alignment); }
  };
  std::unique_ptr<T, Free> data_{nullptr, Free{std::align_val_t{kLine}}};
};

using Floats = Lines<float>;
using Ints = Lines<std::int32_t>;

}  // namespace ctre
