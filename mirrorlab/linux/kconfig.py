"""The build options of the modelled kernel (what `make menuconfig` would set).

`linux.load(config={"MEMORY_MIRROR": False})` changes them for one copy of the model.
The values here are those of the recorded kernels, builds A, C and D; build B has HUGETLB_PAGE off.
"""

NUMA = True
MEMORY_MIRROR = True  # the RFC's patch 01: off, and nothing of the RFC is left
MEMORY_ISOLATION = False  # adds the migratetype ISOLATE
HUGETLB_PAGE = True  # pageblocks of order 9 (one huge page); off: the largest block, order 10
FORCE_MAX_ZONEORDER = 11  # MAX_ORDER: blocks have orders 0 ... MAX_ORDER - 1
HAVE_ALIGNED_STRUCT_PAGE = True  # SLUB wants it: a struct page takes 64 bytes; off (SLAB, SLOB), 56
NODES_SHIFT = 6  # at most 2**6 = 64 NUMA nodes
HZ = 100  # timer ticks a second
