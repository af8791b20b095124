#include "tests/system/hosts/operations.hpp"
