/* The one function of bcryptprimitives.dll that Rust's standard library needs. Windows has it; the Wine 8.0 of
   Debian 12 does not, and starts no program without it. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
	return RtlGenRandom(data, (ULONG)length);
}
