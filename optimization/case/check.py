def check_case(t, p):
    pass
