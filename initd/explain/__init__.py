"""Why a program is in the state it is in: facts the daemon has, evidence looked up off the loop, and what follows from both.

Nothing of it is loaded before somebody asks. `facts` are taken on the loop; `evidence` is gathered off it; `reasons` is a pure
function from both to the words. What is not seen is not said.
"""
