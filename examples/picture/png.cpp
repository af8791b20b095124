#include "examples/picture/png.hpp"

#include "client/error.hpp"
#include "io/file.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace picture {
Rgb flame(double where) {
  static constexpr std::array<Rgb, 7> stops{{{4, 6, 30}, {12, 44, 110}, {64, 140, 200}, {240, 248, 255}, {255, 176, 40}, {150, 40, 20}, {12, 4, 16}}};
  const double at = std::clamp(where, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const double part = at - static_cast<double>(below);
  const auto mixed = [&](std::uint8_t Rgb::*colour) {
    return static_cast<std::uint8_t>((1 - part) * (stops[below].*colour) + part * (stops[below + 1].*colour) + 0.5);
  };
  return {mixed(&Rgb::red), mixed(&Rgb::green), mixed(&Rgb::blue)};
}

void write(const std::string& path, std::int64_t width, std::int64_t height, const std::function<Rgb(std::int64_t row, std::int64_t column)>& pixel) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(3 * width * height));
  for (std::int64_t row = 0; row < height; ++row)
    for (std::int64_t column = 0; column < width; ++column) {
      const Rgb one = pixel(row, column);
      bytes.insert(bytes.end(), {one.red, one.green, one.blue});
    }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width), image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB;
  const std::string part = tessera::io::temporary_name(path);
  if (png_image_write_to_file(&image, part.c_str(), 0, bytes.data(), 0, nullptr) == 0 || std::rename(part.c_str(), path.c_str()) != 0) {
    std::remove(part.c_str());
    throw tessera::Error(tessera::ErrorCode::io_failed, fmt::format("the picture {} cannot be written; is the folder there and writable?", path));
  }
}
}  // namespace picture
