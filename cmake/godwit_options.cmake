# Language level, warnings, hardening and sanitizers, for every target of this tree.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

set(GW_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(GW_WERROR "Treat warnings as errors" ON)
option(GW_FAILPOINTS "Fault points (lib/base/failpoint.h); never in what is shipped" OFF)

# Flags for our own code only; generated code is compiled without them.
add_library(gw_own_code INTERFACE)
target_compile_options(gw_own_code INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wformat=2 -Wnull-dereference -Wcast-qual -Wvla -Wswitch-enum
  $<$<BOOL:${GW_WERROR}>:-Werror>)
target_compile_definitions(gw_own_code INTERFACE _GNU_SOURCE GW_VERSION="${PROJECT_VERSION}")
if(GW_FAILPOINTS)
  target_compile_definitions(gw_own_code INTERFACE GW_FAILPOINTS)
endif()
target_include_directories(gw_own_code INTERFACE ${CMAKE_SOURCE_DIR}/lib)

add_compile_options(-fno-omit-frame-pointer -fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
if(GW_SANITIZE)
  add_compile_options(-fsanitize=${GW_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GW_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
