"""A window in which some pages are shown one by one, beside the maps of all: where it is, and how it moves."""

from mirrorlab.machine import Machine
from mirrorlab.widgets import base, facts
from mirrorlab.widgets.pagemap import Section


class Window(base.View):
    """A view with such a window. A subclass sets these first."""

    machine: Machine
    zone: facts.Zone  # the one the window is in
    first: int  # the first page in the window
    pages: int  # how many pages it shows: a power of two

    def sections(self) -> tuple[int, list[Section]]:
        """How coarse the maps are (a cell stands for 2**shift pages), and where each stretch of memory is in them."""
        raise NotImplementedError

    def worth_seeing(self) -> int:
        """Where to look in the zone, unless a page is named."""
        return self.zone.zone_start_pfn

    def look_at(self, pfn: int) -> None:
        """Bring a page into the window."""
        self.zone = self.machine.kernel.mmzone.page_zone(self.machine.g, pfn)
        self.first = self.window_at(pfn)

    def window_at(self, pfn: int) -> int:
        """The first page of the window that shows a page; it stays within the zone's memory, if the zone has any."""
        sections = self.sections()[1]
        places = [place for place in sections if place.zone is self.zone] or sections
        near = min(places, key=lambda place: max(place.start - pfn, pfn - place.end + 1, 0))
        return min(max(pfn, near.start), near.end - 1) & -self.pages

    def do_look(self, zone: int, pfn: int | None = None) -> None:
        """Show the pages around one, or those worth seeing, of a zone (by its place in machine.zones)."""
        self.zone = self.machine.zones[zone]
        self.first = self.window_at(self.worth_seeing() if pfn is None else pfn)
        self.changed()

    def do_move(self, windows: int) -> None:
        """Show the pages before or after those shown."""
        self.first = self.window_at(self.first + windows * self.pages)
        self.changed()
