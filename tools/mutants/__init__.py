"""Mutants of the pure core: small faults put into it, each of which a test must notice.

A verdict is kept until the function or its tests change, so a run goes on where it was stopped.
Every mutant is tried in a process that is forked after the libraries and the core were imported: it
costs what its tests cost.  The tests that run its function come first, those before that killed its
neighbours; a survivor costs all of them.  mutmut and cosmic-ray start an interpreter for each
mutant or leave match guards, patterns and tables of the module alone, and those are what the gate
is made of.
"""
