/// @file
/// A program made ready to be applied to tiles: pieces of an array that the first caches hold.
#pragma once
#include "arrays/block.hpp"
#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/kernels/program.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tessera::arrays::kernels {
/// Elements of a tile. Also the longest run that a reduction folds at once: to change it changes the bits of sums.
inline constexpr std::size_t tile_elements = 512;

/// Registers that point at tiles of the inputs and at buffers, and the loops between them. The inputs must live as long.
class Tiles {
 public:
  /// `invalid_argument` or `type_mismatch` where program, inputs and shape do not fit each other.
  static runtime::Result<Tiles> make(const Program& program, std::span<const Block> inputs, ShapeView shape, const Lanes& lanes, const Place& place,
                                     std::span<const Layout> layouts);

  /// The shape as rows, of an input that lies transposed: then to go down the rows, tile below tile, is quicker than along them.
  struct Rows { std::int64_t count, length; };
  std::optional<Rows> transposed() const;
  /// Says that runs will go down rows of that length.
  void go_down_rows(std::int64_t length) { below_ = length; }

  /// Has output `index` of the next run written to `to` instead of a buffer. Only where `writes(index)`.
  void redirect(std::size_t index, std::byte* to) { steps_[direct_[index]].to = to; }
  /// Whether a step of its own makes output `index`; else it is an input, a constant or an output before it.
  bool writes(std::size_t index) const { return direct_[index] != none; }

  /// Computes `n` elements of the shape, at most a tile, from `first` on in C order.
  runtime::Result<void> run(std::int64_t first, std::size_t n);
  /// The elements of output `index` of the last run.
  const std::byte* output(std::size_t index) const { return static_cast<const std::byte*>(registers_[outputs_[index]]); }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// An input whose elements do not follow each other: lengths and strides of its dimensions, the last first, joined where they can be.
  struct Stretched {
    /// Tiles below each other, made together of the same cache lines of a transposed block: `rows` from element `first` on.
    struct Panel {
      std::shared_ptr<std::byte> memory;
      std::int64_t first = 0;
      std::size_t n = 0, rows = 0;
    };
    std::size_t at;  ///< Register.
    const std::byte* data;
    std::size_t each;
    Shape lengths, strides;
    std::byte* buffer;
    Panel panel = {};
    bool is_transposed() const { return lengths.size() > 1 && strides[1] == 1 && strides[0] != 0; }
  };
  /// An input that is made.
  struct Made {
    std::size_t at;
    Make what;
    Dtype dtype;
    std::byte* buffer;
  };
  struct Straight {
    std::size_t at;
    const std::byte* data;
    std::size_t each;
  };
  struct Ready {
    Loop loop;
    std::array<std::uint16_t, 3> in;
    std::size_t at;
    std::byte* to;
    Op op;
  };
  Tiles() = default;
  std::byte* buffer(std::size_t index) const;
  void add_input(std::size_t at, const Block& block, ShapeView shape, std::byte* own, const Layout* layout);
  void add_steps(const Program& program, const Lanes& lanes, std::size_t first_buffer);
  static std::size_t assign_buffers(const Program& program, std::vector<std::size_t>& buffer_of);
  static void stretch(const Stretched& input, std::int64_t first, std::size_t n);
  static const std::byte* panel_tile(Stretched& input, std::int64_t first, std::size_t n);

  std::shared_ptr<std::byte> memory_;
  std::vector<const void*> registers_;
  std::vector<Straight> straight_;
  std::vector<Stretched> stretched_;
  std::vector<Made> made_;
  Place place_;
  Shape shape_;
  std::int64_t count_ = 0;  ///< Elements of the shape.
  std::int64_t below_ = 0;  ///< Of runs that go down rows, the length of a row.
  std::vector<Ready> steps_;
  std::vector<std::size_t> outputs_, direct_;
  std::vector<std::size_t> buffer_of_;
};
}  // namespace tessera::arrays::kernels
