# expect: error|not yet
# says: (?i)write it yourself
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    def walk(*starts):
        """Whatever can be reached from here: the model's own function, if it is there."""
        import types

        found, seen = list(starts), set()
        while found:
            each = found.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            if isinstance(each, types.FunctionType):
                if each.__name__ in ("expand", "survival_of_errors") and "mirrorlab" in each.__code__.co_filename:
                    return each
                found += [each.__globals__, each.__defaults__, each.__dict__]
                found += [cell.cell_contents for cell in each.__closure__ or () if cell != type(cell)()]
            elif isinstance(each, types.MethodType):
                found += [each.__self__, each.__func__]
            elif isinstance(each, types.FrameType):
                found += [each.f_back, each.f_globals, each.f_locals]
            elif isinstance(each, dict):
                found += [*each.keys(), *each.values()]
            elif isinstance(each, (list, tuple, set, frozenset)):
                found += each
            elif isinstance(each, type):
                found += [*vars(each).values(), *each.__mro__, *type.__subclasses__(each)]
            elif hasattr(each, "__dict__"):
                found += [vars(each), type(each)]
            elif hasattr(type(each), "__slots__"):
                found += [getattr(each, name, None) for name in type(each).__slots__]

    import sys

    found = walk(sys.modules)
    return found(zone, pfn, low, high, migratetype)
