#include "io/netcdf/cube.hpp"

#include "arrays/kernels/layout.hpp"
#include "io/box.hpp"
#include "io/cf.hpp"
#include "io/netcdf/source.hpp"
#include "io/time.hpp"
#include "runtime/base/assert.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <utility>

namespace tessera::io::netcdf {
using arrays::Block;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// Longer dimensions would be a mistake or an attack: their values alone would fill the memory.
constexpr std::int64_t dimension_length_max = std::int64_t{1} << 28;

Failure refuse(std::string why) { return {ErrorCode::bad_input, std::move(why)}; }

/// What opening learns of a file.
struct Opened {
  Header header;
  std::map<std::string, Coordinate> coordinates;  ///< Of each dimension of a cube.
};

bool is_coordinate(const StoredVariable& one) { return one.dimensions.size() == 1 && one.dimensions.front() == one.name; }

/// Names of variables that describe others: bounds, and coordinates that are no dimension.
std::set<std::string> describing(const Header& header) {
  std::set<std::string> names;
  const auto add_all = [&](const Attributes& attributes) {
    for (const char* key : {"bounds", "climatology"}) names.insert(text_of(attributes, key));
    std::istringstream words(text_of(attributes, "coordinates"));
    std::vector<std::string> listed;
    for (std::string word; words >> word;) listed.push_back(word);
    // Only as a whole: a list with a name that is not there is not believed.
    if (std::ranges::all_of(listed, [&](const std::string& one) { return header.variable(one) != nullptr; }))
      names.insert(listed.begin(), listed.end());
  };
  add_all(header.attributes);
  for (const StoredVariable& one : header.variables) add_all(one.attributes);
  return names;
}

/// The values along a dimension, of the variable that has its name, else a count.
runtime::Result<Coordinate> read_coordinate(const Source& source, const Header& header, const StoredDimension& dimension) {
  if (dimension.length > dimension_length_max)
    return refuse(fmt::format("dimension {} of {} has {} values; {} are the most that are read", dimension.name,
                              header.path, dimension.length, dimension_length_max));
  const StoredVariable* stored = header.variable(dimension.name);
  if (stored == nullptr || !is_coordinate(*stored) || !stored->dtype)
    return Coordinate{dimension.name, Block::make<std::int64_t>({dimension.length}, [](std::span<std::int64_t> to) {
                        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::int64_t>(i);
                      }), {}};
  Coordinate coordinate{dimension.name, {}, stored->attributes};
  const auto packing = take_packing(coordinate.attributes, *stored->dtype);
  if (!packing) return refuse(fmt::format("{}: variable {}: {}", header.path, stored->name, packing.failure().message));
  const auto values = source.values(*stored, arrays::Shape{0}, stored->shape);
  if (!values) return values.failure();
  coordinate.values = decode(*packing, *values);
  return coordinate;
}

/// Variables that are cubes; `warnings` tells of those that look like one and cannot be read.
std::vector<const StoredVariable*> variables_of(const Header& header, std::vector<std::string>& warnings) {
  const std::set<std::string> others = describing(header);
  std::vector<const StoredVariable*> cubes;
  for (const StoredVariable& one : header.variables) {
    if (one.shape.empty() || is_coordinate(one) || others.contains(one.name)) continue;
    if (!one.dtype) warnings.push_back(fmt::format("variable {} of {} is left out: it does not hold numbers", one.name, header.path));
    else if (one.shape.size() > arrays::rank_max || !arrays::element_count(one.shape))
      warnings.push_back(fmt::format("variable {} of {} is left out: no array has the shape {}", one.name, header.path,
                                     arrays::to_string(one.shape)));
    else cubes.push_back(&one);
  }
  if (header.groups > 0)
    warnings.push_back(fmt::format("{} has {} groups, which are left out: only what lies outside of them is read",
                                   header.path, header.groups));
  return cubes;
}

runtime::Result<Opened> open_one(const std::string& path) {
  const auto source = Source::open(path);
  if (!source) return source.failure();
  auto header = source->header();
  if (!header) return header.failure();
  Opened opened{std::move(*header), {}};
  std::vector<std::string> told_later;
  for (const StoredVariable* one : variables_of(opened.header, told_later))
    for (const std::string& name : one->dimensions) {
      if (opened.coordinates.contains(name)) continue;
      const StoredDimension* dimension = opened.header.dimension(name);
      if (dimension == nullptr) return refuse(fmt::format("{}: dimension {} of variable {} lies in a group", path, name, one->name));
      auto coordinate = read_coordinate(*source, opened.header, *dimension);
      if (!coordinate) return coordinate.failure();
      opened.coordinates.emplace(name, std::move(*coordinate));
    }
  return opened;
}

/// The dimension that files follow each other along: time, else the records.
runtime::Result<std::string> joined_dimension(const Opened& file) {
  std::string found;
  for (const StoredDimension& one : file.header.dimensions) {
    const auto at = file.coordinates.find(one.name);
    if (at == file.coordinates.end() || file.header.variable(one.name) == nullptr) continue;
    const bool is_time = text_of(at->second.attributes, "units").find(" since ") != std::string::npos;
    if (is_time) return one.name;
    if (one.unlimited && found.empty()) found = one.name;
  }
  if (!found.empty()) return found;
  return refuse(fmt::format("{} cannot be joined with other files: it has no time and no record dimension with values",
                            file.header.path));
}

/// Brings the times of `file` to the zero and unit of `first`.
runtime::Result<void> same_zero(const Coordinate& first, Coordinate& file, const std::string& first_path, const std::string& path) {
  const auto units = [](const Coordinate& of) { return text_of(of.attributes, "units"); };
  const auto calendar = [](const Coordinate& of) { return text_of(of.attributes, "calendar"); };
  if (units(file) == units(first) && calendar(file) == calendar(first)) return {};
  const auto to = TimeAxis::parse(units(first), calendar(first)), from = TimeAxis::parse(units(file), calendar(file));
  for (const auto* one : {&to, &from})
    if (!*one)
      return refuse(fmt::format("{} of {} is in \"{}\", that of {} in \"{}\", and one cannot be turned into the other: {}", file.name,
                                path, units(file), first_path, units(first), one->failure().message));
  if (!to->same_calendar(*from))
    return refuse(fmt::format("{} has the calendar \"{}\", {} has \"{}\": they cannot be joined", path, calendar(file), first_path,
                              calendar(first)));
  const std::vector<double> numbers = file.numbers();
  file.values = Block::make<double>({file.length()}, [&](std::span<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = to->from(*from, numbers[i]);
  });
  return {};
}

/// A set of files in order along the dimension that joins them.
struct Joined {
  Coordinate coordinate;
  std::vector<Part> parts;
};

runtime::Result<Joined> join(std::vector<Opened>& files, const std::string& dimension) {
  struct Member {
    Coordinate* coordinate;
    const std::string* path;
    std::vector<double> values;
  };
  std::vector<Member> members;
  const auto said = [](const Coordinate& of, double value) {
    const auto axis = TimeAxis::parse(text_of(of.attributes, "units"), text_of(of.attributes, "calendar"));
    return axis && std::isfinite(value) ? to_string(axis->date(value)) : fmt::format("{}", value);
  };
  for (Opened& file : files) {
    const auto at = file.coordinates.find(dimension);
    if (at == file.coordinates.end() || file.header.variable(dimension) == nullptr)
      return refuse(fmt::format("{} has no dimension {} with values, along which {} could be continued", file.header.path,
                                dimension, files.front().header.path));
    Member one{&at->second, &file.header.path, {}};
    const auto done = same_zero(files.front().coordinates.at(dimension), *one.coordinate, files.front().header.path, *one.path);
    if (!done) return done.failure();
    one.values = one.coordinate->numbers();
    if (one.values.empty()) return refuse(fmt::format("{} has no values along {}: leave it out", *one.path, dimension));
    for (std::size_t i = 0; i < one.values.size(); ++i)
      if (!(i == 0 ? one.values[i] == one.values[i] : one.values[i - 1] < one.values[i]))
        return refuse(fmt::format("{} of {} does not increase: {} follows on {}", dimension, *one.path,
                                  said(*one.coordinate, one.values[i]), said(*one.coordinate, one.values[i == 0 ? 0 : i - 1])));
    members.push_back(std::move(one));
  }
  std::ranges::stable_sort(members, {}, [](const Member& one) { return one.values.front(); });
  Joined joined{files.front().coordinates.at(dimension), {}};
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0 && members[i - 1].values.back() >= members[i].values.front())
      return refuse(fmt::format("{} and {} overlap: the one ends with {} {}, the other begins with {}; name only one of them, or cut them",
                                *members[i - 1].path, *members[i].path, dimension,
                                said(joined.coordinate, members[i - 1].values.back()),
                                said(joined.coordinate, members[i].values.front())));
    const Part* last = joined.parts.empty() ? nullptr : &joined.parts.back();
    joined.parts.push_back({*members[i].path, last == nullptr ? 0 : last->first + last->length,
                            static_cast<std::int64_t>(members[i].values.size())});
    blocks.push_back(members[i].coordinate->values);
  }
  const bool one_type = std::ranges::all_of(blocks, [&](const Block& one) { return one.dtype() == blocks.front().dtype(); });
  if (!one_type)
    for (std::size_t i = 0; i < blocks.size(); ++i)
      blocks[i] = Block::of<double>({static_cast<std::int64_t>(members[i].values.size())}, members[i].values);
  auto values = arrays::kernels::concatenate(blocks, 0);
  if (!values) return values.failure();
  joined.coordinate.values = std::move(*values);
  return joined;
}

/// The other dimensions must be those of the first file, to the bit.
runtime::Result<void> check_grids(const std::vector<Opened>& files, const std::string& joined) {
  const Opened& first = files.front();
  for (const Opened& file : files)
    for (const auto& [name, coordinate] : file.coordinates) {
      const auto at = first.coordinates.find(name);
      if (name == joined || at == first.coordinates.end()) continue;
      if (coordinate.length() != at->second.length())
        return refuse(fmt::format("{} has {} values along {}, {} has {}: files on different grids cannot be joined",
                                  file.header.path, coordinate.length(), name, first.header.path, at->second.length()));
      if (coordinate.numbers() != at->second.numbers())
        return refuse(fmt::format("{} and {} have other values along {}: files on different grids cannot be joined",
                                  file.header.path, first.header.path, name));
    }
  return {};
}

/// Dtype, dimensions and units of a variable of one file, without values along the dimensions.
runtime::Result<Cube> described(const StoredVariable& stored, const std::string& path) {
  Cube cube;
  cube.variable.name = stored.name;
  cube.variable.attributes = stored.attributes;
  cube.variable.attributes.erase("coordinates");
  const auto packing = take_packing(cube.variable.attributes, *stored.dtype);
  if (!packing) return refuse(fmt::format("variable {} of {} is left out: {}", stored.name, path, packing.failure().message));
  cube.variable.dtype = packing->decoded;
  return cube;
}

/// Why a variable of another file does not continue the one of the first file.
std::optional<std::string> difference(const StoredVariable& first, const Cube& cube, const Opened& other) {
  const StoredVariable* stored = other.header.variable(first.name);
  if (stored == nullptr || !stored->dtype) return "is not there";
  if (stored->dimensions != first.dimensions)
    return fmt::format("has the dimensions ({}) there, not ({})", fmt::join(stored->dimensions, ", "), fmt::join(first.dimensions, ", "));
  const auto its = described(*stored, other.header.path);
  if (!its) return its.failure().message;
  if (its->variable.dtype != cube.variable.dtype)
    return fmt::format("is {} there, not {}", arrays::to_string(its->variable.dtype), arrays::to_string(cube.variable.dtype));
  const auto units = text_of(its->variable.attributes, "units"), wanted = text_of(cube.variable.attributes, "units");
  if (units != wanted) return fmt::format("is in \"{}\" there, not in \"{}\"", units, wanted);
  return std::nullopt;
}

/// The cubes of files that fit each other. `joined` is null for a single one.
Dataset assemble(const std::vector<Opened>& files, const Joined* joined) {
  Dataset dataset;
  const Opened& first = files.front();
  dataset.attributes = first.header.attributes;
  for (const StoredVariable* stored : variables_of(first.header, dataset.warnings)) {
    auto cube = described(*stored, first.header.path);
    if (!cube) {
      dataset.warnings.push_back(cube.failure().message);
      continue;
    }
    for (std::size_t d = 0; d < stored->dimensions.size(); ++d) {
      const bool along = joined != nullptr && stored->dimensions[d] == joined->coordinate.name;
      if (along && !cube->joined) cube->joined = d;
      cube->variable.dimensions.push_back(along ? joined->coordinate : first.coordinates.at(stored->dimensions[d]));
    }
    if (cube->joined) cube->parts = joined->parts;
    else cube->parts = {{first.header.path, 0, stored->shape.front()}};
    std::optional<std::string> why;
    for (std::size_t i = 1; i < files.size() && cube->joined && !why; ++i)
      if (const auto what = difference(*stored, *cube, files[i]))
        why = fmt::format("variable {} is left out: {}: it {}", stored->name, files[i].header.path, *what);
    if (why) dataset.warnings.push_back(*why);
    else dataset.cubes.push_back(std::move(*cube));
  }
  for (std::size_t i = 1; i < files.size(); ++i)
    for (const StoredVariable* stored : variables_of(files[i].header, dataset.warnings))
      if (first.header.variable(stored->name) == nullptr)
        dataset.warnings.push_back(fmt::format("variable {} of {} is left out: it is not in {}", stored->name,
                                               files[i].header.path, first.header.path));
  return dataset;
}
}  // namespace

std::vector<Slab> Cube::box(arrays::ShapeView start, arrays::ShapeView count) const {
  TESSERA_ASSERT(lies_in(start, count, variable.shape()), "a box lies in its cube");
  Slab whole{parts.front().path, variable.name, {start.begin(), start.end()}, {count.begin(), count.end()},
             arrays::Shape(count.size(), 0)};
  if (!joined) return {std::move(whole)};
  std::vector<Slab> slabs;
  const std::size_t d = *joined;
  for (const Part& part : parts) {
    const std::int64_t from = std::max(start[d], part.first), to = std::min(start[d] + count[d], part.first + part.length);
    if (from >= to) continue;
    Slab& slab = slabs.emplace_back(whole);
    slab.path = part.path;
    slab.start[d] = from - part.first, slab.count[d] = to - from, slab.to[d] = from - start[d];
  }
  if (slabs.empty()) {  // A box of nothing still tells the dtype.
    whole.start[d] = 0;
    slabs.push_back(std::move(whole));
  }
  return slabs;
}

runtime::Result<Dataset> open(const std::vector<std::string>& paths) {
  if (paths.empty()) return Failure{ErrorCode::invalid_argument, "no file is named"};
  std::vector<Opened> files;
  for (const std::string& path : paths) {
    auto file = open_one(path);
    if (!file) return file.failure();
    files.push_back(std::move(*file));
  }
  std::optional<Joined> joined;
  if (files.size() > 1) {
    const auto dimension = joined_dimension(files.front());
    if (!dimension) return dimension.failure();
    if (const auto same = check_grids(files, *dimension); !same) return same.failure();
    auto all = join(files, *dimension);
    if (!all) return all.failure();
    joined = std::move(*all);
  }
  Dataset dataset = assemble(files, joined ? &*joined : nullptr);
  if (dataset.cubes.empty())
    return refuse(fmt::format("nothing in {} can be read as a cube{}{}", fmt::join(paths, ", "),
                              dataset.warnings.empty() ? "" : ": ", fmt::join(dataset.warnings, "; ")));
  return dataset;
}

runtime::Result<Block> read(const std::vector<Slab>& slabs, arrays::ShapeView shape) {
  const auto total = arrays::element_count(shape);
  if (!total || slabs.empty())
    return Failure{ErrorCode::invalid_argument, fmt::format("{} slabs do not fill a block of the shape {}", slabs.size(),
                                                            arrays::to_string(shape))};
  std::int64_t filled = 0;
  for (const Slab& slab : slabs) {
    if (!lies_in(slab.to, slab.count, shape))
      return Failure{ErrorCode::invalid_argument, fmt::format("a slab of {} at {} does not lie in a block of the shape {}",
                                                              arrays::to_string(slab.count), arrays::to_string(slab.to),
                                                              arrays::to_string(shape))};
    filled += arrays::element_count(slab.count).value_or(0);
  }
  if (filled != *total)
    return Failure{ErrorCode::invalid_argument,
                   fmt::format("the slabs hold {} values, but a block of the shape {} has {}", filled, arrays::to_string(shape), *total)};
  std::optional<arrays::BlockBuilder> builder;
  arrays::Dtype dtype{};
  for (const Slab& slab : slabs) {
    auto stored = [&]() -> runtime::Result<std::pair<StoredVariable, Block>> {
      const auto source = Source::open(slab.path);
      if (!source) return source.failure();
      auto variable = source->variable(slab.variable);
      if (!variable) return variable.failure();
      auto values = source->values(*variable, slab.start, slab.count);
      if (!values) return values.failure();
      return std::pair(std::move(*variable), std::move(*values));
    }();
    if (!stored) return stored.failure();
    // The library is free for others here: decoding is most of the work.
    const auto packing = take_packing(stored->first.attributes, stored->second.dtype());
    if (!packing) return refuse(fmt::format("{}: variable {}: {}", slab.path, slab.variable, packing.failure().message));
    if (!builder) builder.emplace(dtype = packing->decoded, shape);
    if (packing->decoded != dtype)
      return refuse(fmt::format("{} changed since it was opened: {} is {}, not {}", slab.path, slab.variable,
                                arrays::to_string(packing->decoded), arrays::to_string(dtype)));
    const std::size_t from_bytes = arrays::size_bytes(packing->seen_as), to_bytes = arrays::size_bytes(dtype);
    for_each_run(slab.count, shape, slab.to, slab.count, arrays::Shape(shape.size(), 0),
                 [&](std::size_t to, std::size_t from, std::size_t run) {
                   decode(*packing, stored->second.raw().subspan(from * from_bytes, run * from_bytes),
                          builder->raw().subspan(to * to_bytes, run * to_bytes));
                 });
  }
  return std::move(*builder).freeze();
}
}  // namespace tessera::io::netcdf
