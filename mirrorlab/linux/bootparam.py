"""What the firmware and the boot loader tell the kernel: arch/x86/include/uapi/asm/bootparam.h, and ACPI's tables.

Addresses and sizes are bytes.
"""

from dataclasses import dataclass, field

E820_RAM = 1
E820_RESERVED = 2
E820_ACPI = 3
E820_NVS = 4
E820_UNUSABLE = 5
E820_PMEM = 7
E820_PRAM = 12  # protected: memory that keeps its content, of the kind before ACPI 6
E820_RESERVED_KERN = 128
E820_NAMES = {
    E820_RAM: "usable",
    E820_RESERVED: "reserved",
    E820_ACPI: "ACPI data",
    E820_NVS: "ACPI NVS",
    E820_UNUSABLE: "unusable",
    E820_PMEM: "persistent (type 7)",
    E820_PRAM: "persistent (type 12)",
    E820_RESERVED_KERN: "usable",
}
E820_X_MAX = 128 + 3 * 64  # entries the kernel's table holds: 128, and three for each of the nodes there may be


@dataclass(eq=False)
class E820Entry:
    """A range of the machine's memory map: struct e820entry."""

    addr: int
    size: int
    type: int

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.addr + self.size


# (node, first byte, bytes): which node memory belongs to, as an entry of ACPI's SRAT says; or a mirrored range.
NodeRange = tuple[int, int, int]


@dataclass(eq=False)
class KernelImage:
    """The sizes of the kernel's sections, and where the boot loader put it (None: nothing is reserved for it)."""

    code: int = 0
    rwdata: int = 0
    rodata: int = 0
    init: int = 0
    bss: int = 0
    start: int | None = None


@dataclass(eq=False)
class BootParams:
    """All of it: struct boot_params, and ACPI's tables."""

    e820: list[E820Entry]
    cmdline: str = ""
    affinity: list[NodeRange] = field(default_factory=list)
    """Empty: the machine says nothing about nodes."""
    distances: list[list[int]] = field(default_factory=list)
    """distances[a][b]: from node a to node b (10 is near); empty: 10 to itself, 20 to all others."""
    cpu_to_node: list[int] = field(default_factory=lambda: [0])
    mirrored: list[NodeRange] = field(default_factory=list)
    """What add_mirror_info() will be called for: EFI entries that are MORE_RELIABLE, node by node."""
    reserved: list[tuple[int, int]] = field(default_factory=list)
    """(first byte, bytes) of what is taken before the free lists exist."""
    image: KernelImage = field(default_factory=KernelImage)
