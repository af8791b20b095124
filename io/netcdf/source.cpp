#include "io/netcdf/source.hpp"

#include "io/box.hpp"
#include "io/file.hpp"
#include "io/netcdf/classic.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>
#include <netcdf.h>

#include <utility>

namespace tessera::io::netcdf {
using arrays::Dtype;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// Whoever has the lock may call libnetcdf. HDF5 beneath it prints what libnetcdf only tries, unless each thread forbids it.
std::unique_lock<std::mutex> library() {
  static std::mutex one;
  std::unique_lock lock(one);
  thread_local bool quiet = false;
  if (!std::exchange(quiet, true)) H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return lock;
}

std::optional<Dtype> dtype_of(nc_type type) {
  switch (type) {
    case NC_BYTE: return Dtype::int8;
    case NC_UBYTE: return Dtype::uint8;
    case NC_SHORT: return Dtype::int16;
    case NC_USHORT: return Dtype::uint16;
    case NC_INT: return Dtype::int32;
    case NC_UINT: return Dtype::uint32;
    case NC_INT64: return Dtype::int64;
    case NC_UINT64: return Dtype::uint64;
    case NC_FLOAT: return Dtype::float32;
    case NC_DOUBLE: return Dtype::float64;
    default: return std::nullopt;
  }
}

/// Values of an attribute as text, where it is a text or several.
std::optional<std::string> text_value(int file, int variable, const char* name, nc_type type, std::size_t length) {
  if (type == NC_CHAR) {
    std::string text(length, '\0');
    if (nc_get_att_text(file, variable, name, text.data()) != NC_NOERR) return std::nullopt;
    while (!text.empty() && text.back() == '\0') text.pop_back();
    return text;
  }
  if (type != NC_STRING) return std::nullopt;
  std::vector<char*> texts(length, nullptr);
  if (nc_get_att_string(file, variable, name, texts.data()) != NC_NOERR) return std::nullopt;
  std::string joined;
  for (const char* one : texts) joined += fmt::format("{}{}", joined.empty() ? "" : ", ", one == nullptr ? "" : one);
  nc_free_string(length, texts.data());
  return joined;
}

/// Empty for types that no attribute here has.
std::optional<AttributeValue> value_of(int file, int variable, const char* name, nc_type type, std::size_t length) {
  if (type == NC_CHAR || type == NC_STRING) return text_value(file, variable, name, type, length);
  if (!dtype_of(type) || length == 0) return std::nullopt;
  if (type != NC_FLOAT && type != NC_DOUBLE && length == 1) {
    long long integer = 0;  // Beyond its range a double tells the size, at least.
    if (nc_get_att_longlong(file, variable, name, &integer) == NC_NOERR) return static_cast<std::int64_t>(integer);
  }
  std::vector<double> numbers(length);
  if (nc_get_att_double(file, variable, name, numbers.data()) != NC_NOERR) return std::nullopt;
  if (length == 1) return numbers.front();
  return numbers;
}
}  // namespace

const StoredVariable* Header::variable(const std::string& name) const {
  const auto at = std::ranges::find(variables, name, &StoredVariable::name);
  return at == variables.end() ? nullptr : &*at;
}

const StoredDimension* Header::dimension(const std::string& name) const {
  const auto at = std::ranges::find(dimensions, name, &StoredDimension::name);
  return at == dimensions.end() ? nullptr : &*at;
}

Source::Source(std::string path, std::unique_lock<std::mutex> lock, int id)
    : path_(std::move(path)), lock_(std::move(lock)), id_(id) {}

Source::Source(Source&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::move(other.lock_)), id_(std::exchange(other.id_, -1)) {}

Source::~Source() {
  if (id_ >= 0) nc_close(id_);
}

Failure Source::failed(const std::string& what, int status) const {
  return {ErrorCode::bad_input, fmt::format("cannot read {} of {}: {}", what, path_, nc_strerror(status))};
}

runtime::Result<Source> Source::open(const std::string& path) {
  const auto file = File::open(path);  // Says what is wrong with the name, and that it is no address for the library to fetch.
  if (!file) return file.failure();
  if (const auto whole = check_whole(*file); !whole) return whole.failure();
  std::unique_lock lock = library();
  int id = -1;
  const int status = nc_open(path.c_str(), NC_NOWRITE, &id);
  if (status == NC_ENOTNC)
    return Failure{ErrorCode::bad_input, fmt::format("{} is not netCDF: it begins like no file of its versions 3 and 4", path)};
  if (status != NC_NOERR)
    return Failure{ErrorCode::bad_input, fmt::format("cannot open {} as netCDF: {}; it may be cut off or broken", path,
                                                     nc_strerror(status))};
  return Source(path, std::move(lock), id);
}

runtime::Result<Attributes> Source::attributes(int variable, int count) const {
  Attributes all;
  for (int i = 0; i < count; ++i) {
    char name[NC_MAX_NAME + 1];
    nc_type type = NC_NAT;
    std::size_t length = 0;
    int status = nc_inq_attname(id_, variable, i, name);
    if (status == NC_NOERR) status = nc_inq_att(id_, variable, name, &type, &length);
    if (status != NC_NOERR) return failed(fmt::format("attribute {}", i), status);
    if (auto value = value_of(id_, variable, name, type, length)) all.emplace(name, std::move(*value));
  }
  return all;
}

runtime::Result<StoredVariable> Source::variable(int id) const {
  StoredVariable one;
  one.id = id;
  char name[NC_MAX_NAME + 1];
  nc_type type = NC_NAT;
  int rank = 0, count = 0;
  int status = nc_inq_var(id_, id, name, &type, &rank, nullptr, &count);
  if (status != NC_NOERR) return failed(fmt::format("variable {}", id), status);
  one.name = name;
  one.dtype = dtype_of(type);
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  status = nc_inq_vardimid(id_, id, dimensions.data());
  for (const int dimension : dimensions) {
    std::size_t length = 0;
    if (status == NC_NOERR) status = nc_inq_dim(id_, dimension, name, &length);
    one.dimensions.emplace_back(name);
    one.shape.push_back(static_cast<std::int64_t>(length));
  }
  if (status != NC_NOERR) return failed("variable " + one.name, status);
  auto attributes = this->attributes(id, count);
  if (!attributes) return attributes.failure();
  one.attributes = std::move(*attributes);
  return one;
}

runtime::Result<StoredVariable> Source::variable(const std::string& name) const {
  int id = -1;
  const int status = nc_inq_varid(id_, name.c_str(), &id);
  if (status == NC_ENOTVAR) return Failure{ErrorCode::bad_input, fmt::format("{} has no variable {}", path_, name)};
  if (status != NC_NOERR) return failed("variable " + name, status);
  return variable(id);
}

runtime::Result<Header> Source::header() const {
  Header header;
  header.path = path_;
  int dimensions = 0, variables = 0, attributes = 0, unlimited = 0;
  int status = nc_inq(id_, &dimensions, &variables, &attributes, nullptr);
  if (status == NC_NOERR) status = nc_inq_unlimdims(id_, &unlimited, nullptr);
  std::vector<int> unlimited_ids(static_cast<std::size_t>(unlimited)), ids(static_cast<std::size_t>(dimensions));
  if (status == NC_NOERR) status = nc_inq_unlimdims(id_, &unlimited, unlimited_ids.data());
  if (status == NC_NOERR) status = nc_inq_dimids(id_, &dimensions, ids.data(), /*include_parents=*/0);
  if (status == NC_NOERR) status = nc_inq_grps(id_, &header.groups, nullptr);
  for (std::size_t i = 0; i < ids.size() && status == NC_NOERR; ++i) {
    char name[NC_MAX_NAME + 1];
    std::size_t length = 0;
    status = nc_inq_dim(id_, ids[i], name, &length);
    header.dimensions.push_back({name, static_cast<std::int64_t>(length), std::ranges::find(unlimited_ids, ids[i]) !=
                                                                               unlimited_ids.end()});
  }
  if (status != NC_NOERR) return failed("the header", status);
  for (int i = 0; i < variables; ++i) {
    auto one = variable(i);
    if (!one) return one.failure();
    header.variables.push_back(std::move(*one));
  }
  auto global = this->attributes(NC_GLOBAL, attributes);
  if (!global) return global.failure();
  header.attributes = std::move(*global);
  return header;
}

runtime::Result<arrays::Block> Source::values(const StoredVariable& of, arrays::ShapeView start, arrays::ShapeView count) const {
  const auto refuse = [&](const std::string& why) {
    return Failure{ErrorCode::bad_input, fmt::format("{}: variable {} {}", path_, of.name, why)};
  };
  if (!of.dtype) return refuse("does not hold numbers");
  if (!lies_in(start, count, of.shape) || !arrays::element_count(count))
    return refuse(fmt::format("has the shape {}; there is no box of {} at {} in it", arrays::to_string(of.shape),
                              arrays::to_string(count), arrays::to_string(start)));
  // Chunks are read whole: the library's cache of them would only hold memory that nobody counts. Classic files have none.
  (void)nc_set_var_chunk_cache(id_, of.id, 0, 0, 0.0F);
  const std::vector<std::size_t> from(start.begin(), start.end()), lengths(count.begin(), count.end());
  arrays::BlockBuilder builder(*of.dtype, count);
  if (!builder.raw().empty()) {
    const int status = nc_get_vara(id_, of.id, from.data(), lengths.data(), builder.raw().data());
    if (status != NC_NOERR) return failed("variable " + of.name, status);
  }
  return std::move(builder).freeze();
}
}  // namespace tessera::io::netcdf
