// Stands at link time in the place of a shared library that a machine may lack, and forwards each call to the library
// where it is there. The build defines LIBRARY (its name for dlopen), and NAMES(X), X(name) for every function of it;
// and either ABSENT, what a function returns where there is no library, or NEEDED, what is said before the process ends.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define INDEX(name) index_of_##name,
enum { NAMES(INDEX) count };

#define TEXT(name) #name,
static const char *const names[count] = {NAMES(TEXT)};

__attribute__((used)) static void *addresses[count];

// A jump leaves the arguments where they are, whatever their number and types, variable ones too.
#if defined(__x86_64__)
#define JUMP "jmp *addresses + 8 * %c0(%%rip)"
#elif defined(__aarch64__)
#define JUMP \
  "adrp x16, addresses + 8 * %c0\n" \
  "ldr x16, [x16, :lo12:addresses + 8 * %c0]\n" \
  "br x16"
#else
#error "a jump through a table is written for x86-64 and AArch64"
#endif

#define FUNCTION(name) \
  __attribute__((naked, visibility("hidden"))) void name(void) { \
    __asm__(JUMP : : "i"(index_of_##name)); \
  }
NAMES(FUNCTION)

static long absent(void) {
#ifdef NEEDED
  fputs(NEEDED "\n", stderr);
  exit(1);
#else
  return ABSENT;
#endif
}

__attribute__((constructor)) static void find(void) {
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  for (int i = 0; i < count; i++) {
    void *address = library ? dlsym(library, names[i]) : NULL;
    addresses[i] = address ? address : (void *)absent;
  }
}
