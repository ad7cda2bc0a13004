// ELF files, right and wrong: a tiny program made here, with one field at a
// time changed, and what execve says about it.
#include "p.h"
#include <elf.h>

#define BASE 0x40000000UL

// exit(42), or exit with what a byte of data says.
static const unsigned char code[] = {0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05};

static unsigned char file[5 * PAGE];
static long size;
#define EH ((Elf64_Ehdr *)file)
#define PH ((Elf64_Phdr *)(file + 64))

static void fresh(void)
{
	memset(file, 0, sizeof file);
	size = PAGE;
	Elf64_Ehdr *e = EH;
	memcpy(e->e_ident, "\177ELF\2\1\1", 7);
	e->e_type = ET_EXEC, e->e_machine = EM_X86_64, e->e_version = 1;
	e->e_entry = BASE + 0x200, e->e_phoff = 64, e->e_ehsize = 64, e->e_phentsize = 56, e->e_phnum = 1;
	*PH = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, BASE, BASE, PAGE, PAGE, PAGE};
	memcpy(file + 0x200, code, sizeof code);
}

static void run(const char *what)
{
	static int n;
	char name[16];
	sprintf(name, "prog%d", n++);
	int fd = must(open(name, O_WRONLY | O_CREAT, 0755));
	must(write(fd, file, size));
	close(fd);
	child(what, {
		struct rlimit l = {0, 0};
		setrlimit(RLIMIT_CORE, &l);
		char *a[] = {name, 0};
		char *e[] = {0};
		execve(name, a, e);
		say("  %s", ename(errno));
		_exit(100);
	});
}
#define TRY(what, ...) ({ fresh(); __VA_ARGS__; run(what); })

CASE(header)
{
	TRY("as it should be", );
	TRY("magic 0", file[0] = 0);
	TRY("magic 3", file[3] = 'f');
	TRY("class 32", file[4] = 1);
	TRY("class nonsense", file[4] = 9);
	TRY("big endian", file[5] = 2);
	TRY("ident version", file[6] = 9);
	TRY("OS/ABI", file[7] = 99);
	TRY("type relocatable", EH->e_type = ET_REL);
	TRY("type core", EH->e_type = ET_CORE);
	TRY("type none", EH->e_type = 0);
	TRY("another machine", EH->e_machine = EM_AARCH64);
	TRY("386", EH->e_machine = EM_386);
	TRY("version", EH->e_version = 9);
	TRY("entry nowhere", EH->e_entry = 0x123000);
	TRY("entry null", EH->e_entry = 0);
	TRY("entry in the kernel's half", EH->e_entry = (long)KERN);
	TRY("header size", EH->e_ehsize = 1);
	TRY("program header size 32", EH->e_phentsize = 32);
	TRY("program header size 0", EH->e_phentsize = 0);
	TRY("no program headers", EH->e_phnum = 0);
	TRY("too many program headers", EH->e_phnum = 65535);
	TRY("more headers than the file has", EH->e_phnum = 200);
	TRY("headers beyond the file", EH->e_phoff = 1 << 20);
	TRY("headers far beyond", EH->e_phoff = 1UL << 62);
	TRY("headers at a negative offset", EH->e_phoff = -64);
	TRY("headers at an odd offset", { EH->e_phoff = 65; memmove(file + 65, file + 64, 56); });
	TRY("section headers nowhere", { EH->e_shoff = 1UL << 60; EH->e_shnum = 99; });
	TRY("only the magic", size = 4);
	TRY("half a header", size = 32);
	TRY("only the header", size = 64);
	TRY("half a program header", size = 90);
}

CASE(segments)
{
	TRY("no PT_LOAD", PH->p_type = PT_NOTE);
	TRY("no execution", PH->p_flags = PF_R);
	TRY("no flags", PH->p_flags = 0);
	TRY("write and execute", PH->p_flags = PF_R | PF_W | PF_X);
	TRY("file size beyond memory size", PH->p_filesz = 2 * PAGE);
	TRY("memory size beyond file size", PH->p_memsz = 3 * PAGE);
	TRY("memory size huge", PH->p_memsz = 1UL << 46);
	TRY("memory size enormous", PH->p_memsz = -1UL);
	TRY("memory size in the kernel's half", PH->p_memsz = 1UL << 63);
	TRY("file size beyond the file", PH->p_filesz = PH->p_memsz = 2 * PAGE);
	TRY("file size huge", PH->p_filesz = PH->p_memsz = 1UL << 40);
	TRY("zero sizes", PH->p_filesz = PH->p_memsz = 0);
	TRY("offset beyond the file", PH->p_offset = 16 * PAGE);
	TRY("offset not in step with the address", PH->p_offset = 0x100);
	TRY("offset negative", PH->p_offset = -PAGE);
	TRY("address odd", { PH->p_vaddr = BASE + 0x80; PH->p_offset = 0x80; EH->e_entry = BASE + 0x200; });
	TRY("address low", { PH->p_vaddr = 0x10000; EH->e_entry = 0x10200; });
	TRY("address in the kernel's half", { PH->p_vaddr = (long)KERN; EH->e_entry = (long)KERN + 0x200; });
	TRY("address at the top", { PH->p_vaddr = 0x7ffffffff000; EH->e_entry = 0x7ffffffff200; });
	TRY("alignment 0", PH->p_align = 0);
	TRY("alignment 3", PH->p_align = 3);
	TRY("alignment huge", PH->p_align = 1UL << 50);
	TRY("two that overlap", { EH->e_phnum = 2; PH[1] = PH[0]; });
	TRY("two in falling order", { EH->e_phnum = 2; PH[1] = PH[0]; PH[0].p_vaddr = BASE + 16 * PAGE; });
	TRY("a stack without execution", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_GNU_STACK, PF_R | PF_W}; });
	TRY("unknown types", { EH->e_phnum = 3; PH[1] = (Elf64_Phdr){0x6fffffff, 7, -1, -1, -1, -1, -1, -1}; PH[2] = (Elf64_Phdr){PT_NULL}; });
}

// The program reads a byte of its own memory and exits with it.
static void reads(unsigned long addr)
{
	unsigned char c[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0xb6, 0x38, 0xb8, 60, 0, 0, 0, 0x0f, 0x05};
	memcpy(c + 2, &addr, 8);
	memcpy(file + 0x200, c, sizeof c);
}

CASE(bss)
{
	TRY("a byte of the file", { reads(BASE + 0x300); file[0x300] = 17; });
	TRY("behind the file size the page is zero", { EH->e_phnum = 2; size = 2 * PAGE; file[PAGE + 0x10] = 9; file[PAGE + 0x20] = 8; PH[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, PAGE, BASE + PAGE, 0, 0x20, 0x2000, PAGE}; reads(BASE + PAGE + 0x20); });
	TRY("before it is the file", { EH->e_phnum = 2; size = 2 * PAGE; file[PAGE + 0x10] = 9; PH[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, PAGE, BASE + PAGE, 0, 0x20, 0x2000, PAGE}; reads(BASE + PAGE + 0x10); });
	TRY("the next page is zero", { EH->e_phnum = 2; size = 2 * PAGE; PH[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, PAGE, BASE + PAGE, 0, 0x20, 0x2000, PAGE}; reads(BASE + 2 * PAGE + 5); });
	TRY("only bss", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 0, BASE + PAGE, 0, 0, 0x2000, PAGE}; reads(BASE + PAGE + 5); });
	TRY("beyond all", reads(BASE + 64 * PAGE));
	TRY("a segment's end is the end of its page", { size = 2 * PAGE; file[PAGE - 1] = 33; PH->p_filesz = PH->p_memsz = 0x220; reads(BASE + PAGE - 1); });
}

CASE(interpreter)
{
	TRY("missing", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 9}; strcpy((char *)file + 0x800, "/missing"); });
	TRY("not terminated", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 8}; memcpy(file + 0x800, "/missing", 8); });
	TRY("empty", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 1}; });
	TRY("size zero", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 0}; });
	TRY("too long", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 5000}; });
	TRY("beyond the file", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 1 << 20, 0, 0, 9}; });
	TRY("a directory", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 2}; strcpy((char *)file + 0x800, "/"); });
	put("script", "#!/bin/sh\nexit 3\n");
	chmod("script", 0755);
	TRY("a script", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 7}; strcpy((char *)file + 0x800, "script"); });
	put("plain", "text");
	TRY("not executable", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 6}; strcpy((char *)file + 0x800, "plain"); });
	// A second tiny program as the interpreter: it is what runs.
	fresh();
	EH->e_type = ET_DYN, EH->e_entry = 0x200, PH->p_vaddr = 0;
	file[0x201] = 43;
	int fd = must(open("interp", O_WRONLY | O_CREAT, 0755));
	must(write(fd, file, size));
	close(fd);
	TRY("a program", { EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 7}; strcpy((char *)file + 0x800, "interp"); });
	TRY("a program, two of them", { EH->e_phnum = 3; PH[1] = PH[2] = (Elf64_Phdr){PT_INTERP, PF_R, 0x800, 0, 0, 7}; strcpy((char *)file + 0x800, "interp"); strcpy((char *)file + 0x900, "missing"); PH[2].p_offset = 0x900; PH[2].p_filesz = 8; });
}

CASE(position_independent)
{
	TRY("ET_DYN", { EH->e_type = ET_DYN; EH->e_entry = 0x200; PH->p_vaddr = 0; });
	TRY("ET_DYN with an address", { EH->e_type = ET_DYN; });
	TRY("ET_DYN, two segments", { EH->e_type = ET_DYN; EH->e_entry = 0x200; PH->p_vaddr = 0; EH->e_phnum = 2; PH[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 0, 16 * PAGE, 0, PAGE, 2 * PAGE, PAGE}; });
	TRY("ET_DYN, alignment of 2 MiB", { EH->e_type = ET_DYN; EH->e_entry = 0x200; PH->p_vaddr = 0; PH->p_align = 2 << 20; });
	TRY("ET_DYN without segments", { EH->e_type = ET_DYN; PH->p_type = PT_NOTE; });
}
