/// @file
/// Pixels as a PNG file, for examples whose results are pictures.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace picture {
struct Rgb { std::uint8_t red, green, blue; };
/// Black, blue, white, orange, black again: 0 to 1.
Rgb flame(double where);
/// The file appears whole. Throws `tessera::Error`: `io_failed`.
void write(const std::string& path, std::int64_t width, std::int64_t height, const std::function<Rgb(std::int64_t row, std::int64_t column)>& pixel);
}  // namespace picture
