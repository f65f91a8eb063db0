// compiler.cpp - a stand-in for NVRTC: the CUDA branch of a source as a shared library of the host,
// by the clang of the Swift toolchain ($PITH_STANDIN_CLANG).
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <spawn.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

namespace {

enum { invalidOption = 5, compilationFailed = 6 };

struct Program {
  std::string source, log, image;
};

std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Unlike system(), which ignores SIGINT meanwhile, also for what other threads start.
bool run(const std::string &command) {
  const char *const arguments[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t child;
  if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, (char *const *)arguments, environ) != 0)
    return false;
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#if defined(__x86_64__)
const char *const target = " -march=native";
#else
const char *const target = "";
#endif

// Loops stay loops where a kernel has #pragma unroll: that is for the registers of a GPU, and takes
// five times as long to compile for attention on tensor cores.
const char *const optimised = " -O2 -mllvm -pragma-unroll-threshold=1";

// A vector at an address that it is not aligned to: a GPU refuses it, the host does not.
const char *const checked = " -fsanitize=alignment -fsanitize-trap=alignment";

// Compiles in a folder of its own. First the preprocessor, which leaves the words of CUDA as they
// are, to find the kernels with their launch bounds; then a library with an entry for each.
bool compile(Program *program, const std::string &folder, const std::string &definitions,
             bool isDebug) {
  const char *clang = getenv("PITH_STANDIN_CLANG");
  const std::string base = std::string(clang ? clang : "clang") + " -x c++ -std=c++17 -w";
  const std::string toLog = " 2>" + folder + "/log";
  std::ofstream(folder + "/source") << program->source;
  if (!run(base + " -D__CUDACC_RTC__ -DCUDA_STAND_IN" + definitions + " -E " + folder +
           "/source -o " + folder + "/text" + toLog))
    return false;
  const std::string text = contents(folder + "/text");
  std::ofstream entries(folder + "/text", std::ios::app);
  const std::regex kernel(
      "extern \"C\"\\s+__global__\\s+void\\s+"
      "(?:__launch_bounds__\\(((?:[^()]|\\([^()]*\\))*)\\)\\s*)?(\\w+)\\s*\\(");
  for (std::sregex_iterator match(text.begin(), text.end(), kernel), end; match != end; ++match) {
    const std::string bound = (*match)[1].matched ? (*match)[1].str() : "1024";
    entries << "\nSTANDIN_ENTRY(" << (*match)[2] << ", (" << bound << "))\n";
  }
  entries.close();
  const std::string files = " " + folder + "/text -o " + folder + "/library -lm" + toLog;
  // A function of the program may have a kernel's name: the library calls its own.
  return run(base + " -fPIC -shared -Wl,-Bsymbolic -ffp-contract=fast" + target +
             (isDebug ? " -O0" : optimised) +
             checked + " -include " STANDIN_PRELUDE + files);
}

}  // namespace

STANDIN_API int nvrtcVersion(int *major, int *minor) {
  *major = 13;
  *minor = 0;
  return 0;
}
STANDIN_API const char *nvrtcGetErrorString(int status) {
  switch (status) {
    case 0: return "NVRTC_SUCCESS";
    case invalidOption: return "NVRTC_ERROR_INVALID_OPTION";
    case compilationFailed: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR_INTERNAL_ERROR";
  }
}
STANDIN_API int nvrtcCreateProgram(Program **program, const char *source, const char *, int headers,
                                   const char *const *, const char *const *) {
  if (headers) return 3;
  *program = new Program{source, "", ""};
  return 0;
}
STANDIN_API int nvrtcDestroyProgram(Program **program) {
  delete *program;
  *program = nullptr;
  return 0;
}
STANDIN_API int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
  std::string definitions;
  bool isDebug = false;
  for (int i = 0; i < count; i++) {
    const std::string option = options[i];
    if (std::regex_match(option, std::regex("-D\\w+(=-?\\w+)?"))) {
      definitions += " " + option;
    } else if (option == "--device-debug") {
      isDebug = true;
    } else if (option != "--gpu-architecture=sm_90" && option != "--std=c++17") {
      program->log = "nvrtc: error: invalid value for option " + option;
      return invalidOption;
    }
  }
  char folder[] = "/tmp/standin-XXXXXX";
  if (!mkdtemp(folder)) return compilationFailed;
  const bool isCompiled = compile(program, folder, definitions, isDebug);
  program->log = contents(std::string(folder) + "/log");
  if (isCompiled) {
    const std::string library = contents(std::string(folder) + "/library");
    const uint64_t size = library.size();
    program->image = "STANDIN1" + std::string((const char *)&size, 8) + library;
  }
  run(std::string("rm -rf ") + folder);
  return isCompiled ? 0 : compilationFailed;
}
STANDIN_API int nvrtcGetProgramLogSize(Program *program, size_t *size) {
  *size = program->log.size() + 1;
  return 0;
}
STANDIN_API int nvrtcGetProgramLog(Program *program, char *log) {
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}
STANDIN_API int nvrtcGetCUBINSize(Program *program, size_t *size) {
  *size = program->image.size();
  return 0;
}
STANDIN_API int nvrtcGetCUBIN(Program *program, char *image) {
  memcpy(image, program->image.data(), program->image.size());
  return 0;
}
