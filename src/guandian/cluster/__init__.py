"""Machines together: where work is placed by Ray, and how calls wait in replicas, simulated."""
