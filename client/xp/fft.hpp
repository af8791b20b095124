/// @file
/// Discrete Fourier transforms over chunks: the extension `fft` of the standard. An axis that is transformed becomes one chunk; other dimensions keep theirs
/// where a chunk is not larger than 128 MiB then, and are cut automatically else. float32 and complex64 stay in their precision; integers are
/// taken as float64. A line of n takes n log n steps for any n.
///
///     auto power = xp::square(xp::abs(xp::fft::rfft(series, {.axis = 0})));
#pragma once
#include "client/array.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera::xp::fft {
/// `n` elements are made (of the real transforms: they belong to n real ones), from a line that is cut or continued with zeros. `norm` is "backward" (the
/// inverse is divided by n), "forward" (the other one) or "ortho" (both by the root of n).
struct Options { std::optional<std::int64_t> n = {}; std::int64_t axis = -1; std::string norm = "backward"; };
/// The same for several axes: all, or the last that `s` has lengths for.
struct ManyOptions { std::optional<std::vector<std::int64_t>> s = {}; Axis axes = {}; std::string norm = "backward"; };
struct FrequencyOptions { double d = 1; std::optional<Dtype> dtype = {}; ChunkSpec chunks = {}; };

Array fft(const Array& x, const Options& options = {});
Array ifft(const Array& x, const Options& options = {});
/// Of real numbers: the n / 2 + 1 first of the transform, which tell the others.
Array rfft(const Array& x, const Options& options = {});
/// Back; n is 2 (length - 1) unless it is given.
Array irfft(const Array& x, const Options& options = {});
/// The transform of numbers whose other half is known, which is real; and its inverse.
Array hfft(const Array& x, const Options& options = {});
Array ihfft(const Array& x, const Options& options = {});
/// One axis after the other, the last first.
Array fftn(const Array& x, const ManyOptions& options = {});
Array ifftn(const Array& x, const ManyOptions& options = {});
Array rfftn(const Array& x, const ManyOptions& options = {});
Array irfftn(const Array& x, const ManyOptions& options = {});
/// The frequencies of what `fft` and `rfft` make of n samples that are `d` apart.
Array fftfreq(std::int64_t n, const FrequencyOptions& options = {});
Array rfftfreq(std::int64_t n, const FrequencyOptions& options = {});
/// Frequency 0 in the middle, and back.
Array fftshift(const Array& x, const Axis& axes = {});
Array ifftshift(const Array& x, const Axis& axes = {});
}  // namespace tessera::xp::fft
