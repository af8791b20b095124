#include "arrays/kernels/lanes/tiles.hpp"

#include "arrays/memory/arena.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

/// A tile of the widest dtype, and a bit more: buffers a power of two apart would share sets of the cache.
constexpr std::size_t buffer_bytes = tile_elements * 16 + 192;

/// Calls with an integer as wide as an element.
template <class Do>
void with_width(std::size_t each, const Do& what) {
  if (each == 1) what(std::uint8_t{});
  else if (each == 2) what(std::uint16_t{});
  else if (each == 4) what(std::uint32_t{});
  else if (each == 8) what(std::uint64_t{});
  else what(std::complex<double>{});
}

void fill(std::byte* to, const std::byte* element, std::size_t each, std::size_t n) {
  with_width(each, [&]<class T>(T value) {
    std::memcpy(&value, element, sizeof value);
    std::fill_n(reinterpret_cast<T*>(to), n, value);
  });
}

void copy_apart(std::byte* to, const std::byte* from, std::int64_t stride, std::size_t each, std::size_t n) {
  with_width(each, [&]<class T>(T) {
    for (std::size_t i = 0; i < n; ++i) reinterpret_cast<T*>(to)[i] = reinterpret_cast<const T*>(from)[static_cast<std::int64_t>(i) * stride];
  });
}

/// `rows` tiles of `n` elements below each other, which lie next to each other in the block.
template <std::size_t rows, class T>
void transpose(std::byte* to, const T* from, std::int64_t stride, std::size_t n) {
  constexpr std::size_t ahead = 24;  // The lines are too far apart for the processor to see which are next.
  for (std::size_t i = 0; i < n; ++i) {
    const T* line = from + static_cast<std::int64_t>(i) * stride;
    if (i + ahead < n) __builtin_prefetch(line + static_cast<std::int64_t>(ahead) * stride);
    for (std::size_t r = 0; r < rows; ++r) reinterpret_cast<T*>(to + r * buffer_bytes)[i] = line[r];
  }
}
void prefetch(const std::byte* from, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at);
}

__extension__ typedef __int128 Wide;

bool lies_within(const Layout& layout, ShapeView shape, std::int64_t elements) {
  if (layout.strides.size() != shape.size()) return false;
  Wide low = layout.offset, high = layout.offset;
  for (std::size_t i = 0; i < shape.size(); ++i) (layout.strides[i] < 0 ? low : high) += static_cast<Wide>(layout.strides[i]) * (shape[i] - 1);
  return low >= 0 && high < elements;
}

std::optional<Failure> misfit_of_makes(const Program& program, ShapeView shape, const Place& place) {
  for (std::size_t k = 0; k < program.makes.size(); ++k)
    if (const auto sound = check(program.makes[k], program.inputs[program.block_count() + k], shape.size()); !sound) return sound.failure();
  bool fits = place.start.size() == shape.size() && place.whole.size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i)
    fits = place.start[i] >= 0 && place.start[i] <= place.whole[i] && shape[i] <= place.whole[i] - place.start[i];
  if (fits || program.makes.empty()) return std::nullopt;
  return Failure{ErrorCode::invalid_argument, "a program makes elements of a chunk of the shape " + arrays::to_string(shape) + ", but it is not said where that lies"};
}

std::optional<Failure> misfit(const Program& program, std::span<const Block> inputs, ShapeView shape, std::span<const Layout> layouts) {
  if (inputs.size() != program.block_count() || (!layouts.empty() && layouts.size() != inputs.size()))
    return Failure{ErrorCode::invalid_argument, "a program of " + std::to_string(program.block_count()) + " inputs was given " + std::to_string(inputs.size()) + " and " +
                                                    std::to_string(layouts.size()) + " layouts"};
  if (shape.size() > rank_max || !element_count(shape)) return Failure{ErrorCode::invalid_argument, "no array has the shape " + arrays::to_string(shape)};
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k].dtype() != program.inputs[k])
      return Failure{ErrorCode::type_mismatch, "input " + std::to_string(k) + " of a program is " + std::string(to_string(program.inputs[k])) + ", but was given as " +
                                                   std::string(to_string(inputs[k].dtype()))};
    const ShapeView own = inputs[k].shape();
    if (!layouts.empty()) {
      if (element_count(shape) == 0 || lies_within(layouts[k], shape, inputs[k].size())) continue;
      return Failure{ErrorCode::invalid_argument, "a block of the shape " + arrays::to_string(own) + " does not lie as its layout says for " + arrays::to_string(shape)};
    }
    bool fits = own.size() <= shape.size();
    for (std::size_t i = 0; fits && i < own.size(); ++i) fits = own[own.size() - 1 - i] == shape[shape.size() - 1 - i] || own[own.size() - 1 - i] == 1;
    if (!fits)
      return Failure{ErrorCode::invalid_argument, "a block of the shape " + arrays::to_string(own) + " does not broadcast to " + arrays::to_string(shape)};
  }
  return std::nullopt;
}
}  // namespace

std::byte* Tiles::buffer(std::size_t index) const { return memory_.get() + index * buffer_bytes; }

/// Results of steps share buffers: one is free again after the last step that reads it. Returns how many there are.
std::size_t Tiles::assign_buffers(const Program& program, std::vector<std::size_t>& buffer_of) {
  const std::size_t before = program.register_count() - program.steps.size();
  std::vector<std::size_t> last_use(program.register_count(), 0);
  for (std::size_t s = 0; s < program.steps.size(); ++s)
    for (std::size_t i = 0; i < operand_count(program.steps[s].op); ++i) last_use[program.steps[s].in[i]] = s;
  for (const std::uint16_t output : program.outputs) last_use[output] = program.steps.size();
  std::vector<std::size_t> free;
  std::size_t count = 0;
  buffer_of.assign(program.steps.size(), 0);
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    if (free.empty()) free.push_back(count++);
    buffer_of[s] = free.back();
    free.pop_back();
    if (last_use[before + s] <= s) free.push_back(buffer_of[s]);  // Nobody reads it.
    for (std::size_t i = 0; i < operand_count(program.steps[s].op); ++i) {
      const std::size_t in = program.steps[s].in[i];
      const bool is_repeated = std::find(program.steps[s].in.begin(), program.steps[s].in.begin() + i, in) != program.steps[s].in.begin() + i;
      if (in >= before && last_use[in] == s && !is_repeated) free.push_back(buffer_of[in - before]);
    }
  }
  return count;
}

void Tiles::add_input(std::size_t at, const Block& block, ShapeView shape, std::byte* own, const Layout* layout) {
  const std::size_t each = size_bytes(block.dtype());
  const std::byte* data = block.raw().data() + (layout != nullptr ? layout->offset * static_cast<std::int64_t>(each) : 0);
  Shape lengths, strides;
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {  // From the last dimension on.
    const std::int64_t length = shape[shape.size() - 1 - i];
    const std::int64_t mine = i < block.rank() ? block.shape()[block.rank() - 1 - i] : 1;
    const std::int64_t step = layout != nullptr ? layout->strides[shape.size() - 1 - i] : mine == 1 ? 0 : stride;
    stride *= mine;
    if (length == 1) continue;
    if (!lengths.empty() && step == lengths.back() * strides.back()) lengths.back() *= length;
    else lengths.push_back(length), strides.push_back(step);
  }
  if (lengths.empty() || (lengths.size() == 1 && strides[0] == 0)) {
    if (block.size() > 0) fill(own, data, each, tile_elements);
    registers_[at] = own;
  } else if (lengths.size() == 1 && strides[0] == 1) {
    straight_.push_back({at, data, each});
  } else {
    registers_[at] = own;
    stretched_.push_back({at, data, each, std::move(lengths), std::move(strides), own});
  }
}

void Tiles::add_steps(const Program& program, const Lanes& lanes, std::size_t first_buffer) {
  const std::size_t before = program.register_count() - program.steps.size();
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    const Step& step = program.steps[s];
    std::array<Dtype, 3> operands{};
    for (std::size_t i = 0; i < operand_count(step.op); ++i) operands[i] = program.dtype(step.in[i]);
    steps_.push_back({loop_of(lanes, step.op, std::span(operands).first(operand_count(step.op)), step.dtype), step.in, before + s,
                      buffer(first_buffer + buffer_of_[s]), step.op});
  }
  for (std::size_t k = 0; k < program.outputs.size(); ++k) {
    const std::size_t output = program.outputs[k];
    const bool is_first = std::find(outputs_.begin(), outputs_.end(), output) == outputs_.end();
    direct_.push_back(output >= before && is_first ? output - before : none);
    outputs_.push_back(output);
  }
}

runtime::Result<Tiles> Tiles::make(const Program& program, std::span<const Block> inputs, ShapeView shape, const Lanes& lanes, const Place& place,
                                   std::span<const Layout> layouts) {
  if (const auto sound = check(program); !sound) return sound.failure();
  if (auto failure = misfit(program, inputs, shape, layouts)) return *failure;
  if (auto failure = misfit_of_makes(program, shape, place)) return *failure;
  Tiles tiles;
  tiles.place_ = place;
  tiles.shape_.assign(shape.begin(), shape.end());
  tiles.count_ = *element_count(shape);
  const std::size_t fixed = program.inputs.size() + program.constants.size();
  const std::size_t buffers = fixed + assign_buffers(program, tiles.buffer_of_);
  tiles.memory_ = memory::allocate(std::max<std::size_t>(buffers, 1) * buffer_bytes);
  if (!tiles.memory_) throw std::bad_alloc();
  tiles.registers_.resize(program.register_count());
  for (std::size_t k = 0; k < inputs.size(); ++k) tiles.add_input(k, inputs[k], shape, tiles.buffer(k), layouts.empty() ? nullptr : &layouts[k]);
  for (std::size_t k = 0; k < program.makes.size(); ++k) {
    const std::size_t at = inputs.size() + k;
    tiles.registers_[at] = tiles.buffer(at);
    tiles.made_.push_back({at, program.makes[k], program.inputs[at], tiles.buffer(at)});
  }
  for (std::size_t k = 0; k < program.constants.size(); ++k) {
    const std::size_t at = program.inputs.size() + k;
    fill(tiles.buffer(at), program.constants[k].raw().data(), program.constants[k].raw().size(), tile_elements);
    tiles.registers_[at] = tiles.buffer(at);
  }
  tiles.add_steps(program, lanes, fixed);
  return tiles;
}

/// Lengths and strides are from the last dimension on.
void Tiles::stretch(const Stretched& input, std::int64_t first, std::size_t n) {
  const std::size_t rank = input.lengths.size();
  Shape at(rank);
  std::int64_t left = first, offset = 0;
  for (std::size_t d = 0; d < rank; ++d) {
    at[d] = left % input.lengths[d];
    left /= input.lengths[d];
    offset += at[d] * input.strides[d];
  }
  std::byte* to = input.buffer;
  while (n > 0) {
    const auto count = std::min(n, static_cast<std::size_t>(input.lengths[0] - at[0]));
    const std::byte* from = input.data + offset * static_cast<std::int64_t>(input.each);
    if (input.strides[0] == 0) fill(to, from, input.each, count);
    else if (input.strides[0] == 1) std::memcpy(to, from, count * input.each);
    else copy_apart(to, from, input.strides[0], input.each, count);
    to += count * input.each, n -= count;
    offset += static_cast<std::int64_t>(count) * input.strides[0], at[0] += static_cast<std::int64_t>(count);
    for (std::size_t d = 0; d + 1 < rank && at[d] == input.lengths[d]; ++d) {
      offset += input.strides[d + 1] - at[d] * input.strides[d];
      at[d] = 0, ++at[d + 1];
    }
  }
}

std::optional<Tiles::Rows> Tiles::transposed() const {
  for (const Stretched& input : stretched_)
    if (input.is_transposed()) return Rows{input.lengths[1], input.lengths[0]};
  return std::nullopt;
}

/// The tile of `n` elements from `first` on, all in one row.
const std::byte* Tiles::panel_tile(Stretched& input, std::int64_t first, std::size_t n) {
  Stretched::Panel& panel = input.panel;
  const std::int64_t length = input.lengths[0];
  for (std::size_t r = 0; r < panel.rows; ++r)
    if (first == panel.first + static_cast<std::int64_t>(r) * length && n == panel.n) return panel.memory.get() + r * buffer_bytes;
  std::int64_t left = first, offset = 0;
  for (std::size_t d = 0; d < input.lengths.size(); left /= input.lengths[d++]) offset += left % input.lengths[d] * input.strides[d];
  const std::int64_t row = first / length % input.lengths[1];
  constexpr std::size_t most = 8;  // A cache line of the widest numbers.
  if (!panel.memory) panel.memory = memory::allocate(most * buffer_bytes);
  if (!panel.memory) throw std::bad_alloc();
  panel.first = first, panel.n = n, panel.rows = input.lengths[1] - row < static_cast<std::int64_t>(most) ? 1 : most;
  with_width(input.each, [&]<class T>(T) {
    const T* from = reinterpret_cast<const T*>(input.data) + offset;
    if (panel.rows == most) transpose<most>(panel.memory.get(), from, input.strides[0], n);
    else transpose<1>(panel.memory.get(), from, input.strides[0], n);
  });
  return panel.memory.get();
}

runtime::Result<void> Tiles::run(std::int64_t first, std::size_t n) {
  for (const Straight& input : straight_) {
    const std::byte* from = input.data + static_cast<std::size_t>(first) * input.each;
    if (below_ > 0 && first + below_ < count_) prefetch(from + static_cast<std::size_t>(below_) * input.each, n * input.each);
    registers_[input.at] = from;
  }
  for (Stretched& input : stretched_) {
    if (below_ > 0 && input.is_transposed() && first % input.lengths[0] + static_cast<std::int64_t>(n) <= input.lengths[0]) {
      registers_[input.at] = panel_tile(input, first, n);
    } else {
      stretch(input, first, n);
      registers_[input.at] = input.buffer;
    }
  }
  for (const Made& input : made_) fill(input.what, input.dtype, place_, shape_, first, n, input.buffer);
  for (const Ready& step : steps_) {
    const void* const in[3] = {registers_[step.in[0]], registers_[step.in[1]], registers_[step.in[2]]};
    registers_[step.at] = step.to;
    if (!step.loop(in, step.to, n))
      return Failure{ErrorCode::invalid_argument,
                     std::string(to_string(step.op)) + (step.op == Op::pow ? ": an integer was raised to a negative power; convert it to float64 first"
                                                                          : ": an integer was divided by zero")};
  }
  return {};
}

runtime::Result<std::vector<Block>> evaluate(const Program& program, std::span<const Block> inputs, ShapeView shape, const Place& place,
                                             std::span<const Layout> layouts) {
  return evaluate(program, inputs, shape, lanes(), place, layouts);
}

runtime::Result<std::vector<Block>> evaluate(const Program& program, std::span<const Block> inputs, ShapeView shape, const Lanes& lanes, const Place& place,
                                             std::span<const Layout> layouts) {
  auto tiles = Tiles::make(program, inputs, shape, lanes, place, layouts);
  if (!tiles) return tiles.failure();
  std::vector<BlockBuilder> builders;
  for (const std::uint16_t output : program.outputs) builders.emplace_back(program.dtype(output), shape);
  const auto tile = [&](std::int64_t first, std::size_t n) -> runtime::Result<void> {
    const auto target = [&](std::size_t k) { return builders[k].raw().data() + static_cast<std::size_t>(first) * size_bytes(program.dtype(program.outputs[k])); };
    for (std::size_t k = 0; k < builders.size(); ++k)
      if (tiles->writes(k)) tiles->redirect(k, target(k));
    if (auto done = tiles->run(first, n); !done) return done;
    for (std::size_t k = 0; k < builders.size(); ++k)
      if (!tiles->writes(k)) std::memcpy(target(k), tiles->output(k), n * size_bytes(program.dtype(program.outputs[k])));
    return {};
  };
  const std::int64_t count = element_count(shape).value();
  const auto rows = tiles->transposed();
  if (rows) tiles->go_down_rows(rows->length);
  const std::int64_t length = rows ? rows->length : std::max<std::int64_t>(count, 1), below = rows ? rows->count : 1;
  for (std::int64_t outer = 0; outer < count; outer += length * below)
    for (std::int64_t column = 0; column < length; column += static_cast<std::int64_t>(tile_elements))
      for (std::int64_t row = 0; row < below; ++row)
        if (const auto done = tile(outer + row * length + column, std::min(tile_elements, static_cast<std::size_t>(length - column))); !done) return done.failure();
  std::vector<Block> blocks;
  for (BlockBuilder& builder : builders) blocks.push_back(std::move(builder).freeze());
  return blocks;
}
}  // namespace tessera::arrays::kernels
