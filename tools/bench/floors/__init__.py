"""What the work of the gate cannot cost less than, measured beside the gate in the same run.

A floor is the work that nobody can leave out, done by the libraries alone on the same data: no
protocol, no parsing, no checks, no Python of ours but the calls.  A figure divided by its floor
says what the gate costs on any computer, busy or quiet.  docs/speed.md says what each leaves in.
"""
