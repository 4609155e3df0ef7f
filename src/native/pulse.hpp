// What the training loop asks between batches: is there a Ctrl-C, and whether `tick` objects.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>

namespace ctre {

// Called without the GIL, on the thread that made it; takes the GIL about ten times a second.
class Pulse {
 public:
  explicit Pulse(nanobind::handle tick) : tick_(tick) {}

  bool keep_going(std::int64_t n_done) {
    const Clock::time_point now = Clock::now();
    if (now < next_) return true;
    nanobind::gil_scoped_acquire gil;
    try {
      if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
      if (!tick_.is_none()) tick_(n_done);
    } catch (...) {
      error_ = std::current_exception();
    }
    next_ = Clock::now() + kPeriod;
    return !error_;
  }

  // Raises what stopped the loop, once the GIL is held again.
  void raise_if_stopped() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kPeriod{100};
  const nanobind::handle tick_;
  Clock::time_point next_ = Clock::now() + kPeriod;
  std::exception_ptr error_;
};

}  // namespace ctre
